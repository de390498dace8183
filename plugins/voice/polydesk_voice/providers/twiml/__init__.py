"""Twilio, or another that speaks TwiML."""

from polydesk_voice.providers.twiml.provider import Twiml

__all__ = ["Twiml"]

"""Asterisk (ARI)."""

from polydesk_voice.providers.ari.provider import Ari

__all__ = ["Ari"]

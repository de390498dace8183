"""What Asterisk is to play for words: a recording of them, a service that speaks them, or our own voice."""

from __future__ import annotations

import re
from urllib.parse import quote

from polydesk import addresses
from polydesk_voice.plan import Speak
from polydesk_voice.providers.ari import speech
from polydesk_voice.settings import LineSettings

# An address longer than this is cut somewhere on the way; sentences are then played one after the other.
_LONGEST = 600
_SENTENCE = re.compile(r"(?<=[.!?。！？؟։])\s+")


def of(act: Speak, settings: LineSettings) -> list[str]:
    """The media to play one after the other; none where these words have no sound here."""
    if act.audio:
        return [sound(act.audio)]
    if not act.text.strip():
        return []
    if settings.ari_speech:
        return [_asked(settings.ari_speech, act.language, part) for part in parts(act.text)]
    if speech.available():
        return [sound(own(act.language, part)) for part in parts(act.text)]
    return []


def sound(url: str) -> str:
    """A public address as media."""
    return f"sound:{url}"


def own(language: str, text: str) -> str:
    """Where our own voice says these words. The ending tells Asterisk what kind of file it is."""
    return addresses.public(f"/p/voice/said/{speech.token_for(language, text)}.wav")


def parts(text: str) -> list[str]:
    """Words in pieces that fit into an address: whole sentences, as many as go together."""
    found: list[str] = []
    for sentence in _SENTENCE.split(text.strip()):
        if found and len(found[-1]) + len(sentence) < _LONGEST:
            found[-1] += " " + sentence
        else:
            found += [sentence[at : at + _LONGEST] for at in range(0, len(sentence), _LONGEST)]
    return found


def _asked(template: str, language: str, text: str) -> str:
    """Only the two holes are filled: braces of any other kind are the service's own."""
    return template.replace("{language}", quote(language, safe="")).replace("{text}", quote(text, safe=""))

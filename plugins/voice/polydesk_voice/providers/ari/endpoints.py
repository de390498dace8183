"""Whom to ring, as Asterisk writes it. What might ring somebody else as well, or say more, is refused."""

from __future__ import annotations

import re

from polydesk import N_, Refused, Text
from polydesk_voice.settings import LineSettings

_NUMBER = re.compile(r"\+?[0-9*#]{1,30}")
_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,80}(@[A-Za-z0-9.-]{1,200}(:[0-9]{1,5})?)?")


def of(endpoint: str, settings: LineSettings) -> str:
    """ "number:+995…" goes over the trunk, "sip:ana@example.org" and "client:ana" to a phone at this Asterisk."""
    kind, _colon, address = endpoint.partition(":")
    if kind == "number" and _NUMBER.fullmatch(address):
        return settings.ari_trunk.replace("{number}", address).replace("{digits}", address.lstrip("+"))
    if kind in ("sip", "client") and _ADDRESS.fullmatch(address):
        return settings.ari_phone.replace("{name}", address.partition("@")[0]).replace("{address}", address)
    raise Refused(Text(N_("“{endpoint}” is nothing Asterisk could ring."), {"endpoint": endpoint}))

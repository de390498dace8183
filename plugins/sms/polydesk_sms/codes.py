"""What the gateway's error codes mean for a person, and for what may be tried."""

from __future__ import annotations

from typing import Literal

import msgspec

from polydesk import N_, Text
from polydesk.i18n import keep

Meaning = Literal["opted_out", "bad_number", "later", "filtered", "account", "final"]


class Code(msgspec.Struct, frozen=True):
    """A code's meaning and words."""

    meaning: Meaning
    words: str


OPTED_OUT = 21610
CODES = {
    20003: Code("account", N_("The gateway does not accept the account SID and token.")),
    20005: Code("account", N_("The gateway's account is not active.")),
    20404: Code("account", N_("The gateway does not know this account.")),
    20429: Code("later", N_("The gateway takes only so many messages at once.")),
    14107: Code("later", N_("The gateway takes only so many messages at once.")),
    21211: Code("bad_number", N_("This is not a telephone number that can get messages.")),
    21217: Code("bad_number", N_("This is not a telephone number that can get messages.")),
    21212: Code("account", N_("The number we send from cannot be used.")),
    21606: Code("account", N_("The number we send from cannot be used.")),
    21408: Code("final", N_("Messages to this country are not switched on at the gateway.")),
    21610: Code("opted_out", N_("The recipient has asked for no more messages from this number.")),
    21612: Code("final", N_("Messages to this number are not possible from ours.")),
    21614: Code("bad_number", N_("This is not a mobile number.")),
    21617: Code("final", N_("The message is longer than a text message may be.")),
    30001: Code("later", N_("The gateway's queue was full. It may work later.")),
    30002: Code("account", N_("The gateway has suspended the account.")),
    30003: Code("later", N_("The telephone could not be reached. It may work later.")),
    30004: Code("opted_out", N_("The recipient has blocked messages from us.")),
    30005: Code("bad_number", N_("The number is not in use.")),
    30006: Code("bad_number", N_("This is a landline, or its network takes no text messages.")),
    30007: Code("filtered", N_("The network took the message for unwanted advertising and stopped it.")),
    30008: Code("later", N_("The network did not say why it failed. It may work later.")),
    30010: Code("final", N_("The message would cost more than the limit that was set.")),
    30034: Code("filtered", N_("Our number is not registered for messages to this country.")),
}


def meaning(code: int) -> Meaning:
    """What may be done about it."""
    return CODES[code].meaning if code in CODES else "final"


def words(code: int, own: str = "") -> Text:
    """In words; the gateway's own where the code is not known."""
    if code in CODES:
        return Text(CODES[code].words)
    return Text(N_("The gateway says: {own} ({code})"), {"own": own or "?", "code": code})


def kept(code: int, own: str = "") -> str:
    """The same for a report's reason."""
    return keep(words(code, own))

"""What is heard when we could not answer: please hold, twice, and then please call later. Needs no database."""

from __future__ import annotations

import logging
from urllib.parse import parse_qs, urlsplit

from polydesk.types import Account, Scope
from polydesk_voice import places
from polydesk_voice.plan import HangUp, Speak
from polydesk_voice.providers.twiml import addresses, xml
from polydesk_voice.providers.twiml.told import Told, same_number
from polydesk_voice.spoken import phrases

log = logging.getLogger("polydesk.voice")
TRIES = 2
_known: dict[int, Account] = {}
_languages: dict[int, tuple[str, ...]] = {}
"""Every line that has been of use in this process, and what its callers speak: known while nothing can be asked."""


async def remember(account: Account) -> None:
    """Learn what is spoken on a line, while that can be asked."""
    try:
        _languages[account.id] = await places.languages_of(Scope(account.client, account.market))
    except Exception as error:
        log.warning("what is spoken on line %s could not be read: %s", account.id, error)
    # The one of use last comes first when two have had the same number.
    _known.pop(account.id, None)
    _known[account.id] = account


async def farewell(account: Account) -> bytes:
    """That something went wrong, and to call again later."""
    await remember(account)
    return _sorry(account)


def again(said: Told, account: Account | None = None) -> bytes:
    """Have the party ask us once more in a moment; whoever was asked to hold twice already is to call later.

    Without `account` nothing could be verified: then nothing is said but this, which anyone may hear.
    """
    line = account or next((each for each in reversed(_known.values()) if _is(said, each)), None)
    tried = parse_qs(urlsplit(said.form.get("ErrorUrl", "")).query).get("tried", ["0"])[0]
    count = int(tried) if tried.isascii() and tried.isdigit() else TRIES
    if line is None or "ErrorUrl" not in said.form or count >= TRIES:
        return _sorry(line)
    what, token = ("incoming", "") if said.inbound or not said.token else ("ready", said.token)
    return xml.held(_words(line, "connecting"), addresses.of(line, what, token, query={"tried": count + 1}))


def _is(said: Told, account: Account) -> bool:
    return account.id == said.account if said.account else same_number(said.number, account.address)


def _sorry(account: Account | None) -> bytes:
    words = _words(account, "sorry")
    return xml.document((words, HangUp()), account)


def _words(account: Account | None, name: str) -> Speak:
    spoken, language = phrases.spoken(*(_languages.get(account.id, ()) if account else ()))
    return Speak(text=getattr(spoken, name), language=language)

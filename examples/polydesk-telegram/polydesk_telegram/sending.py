"""Hand a reply to Telegram, part by part, and say truly what became of it."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from polydesk import N_, OutcomeUnknown, Refused, Text, TryLater, http, pacing
from polydesk.types import Account, Outgoing, SendResult, Sign
from polydesk_telegram import api
from polydesk_telegram.api import BotApiFailure
from polydesk_telegram.composing import Part, parts
from polydesk_telegram.parse import name

_UNSURE = Text(N_("Telegram did not answer; it may have taken the message."))
_BUSY = Text(N_("Telegram takes only so many messages at once."))
_TOKEN = Text(N_("Telegram does not accept the bot's token."))
_NOTHING = Text(N_("There is nothing in it that Telegram can carry."))
_ADMIN_SECONDS = 600.0
_REMEMBERED = 1000
_done: OrderedDict[str, list[str]] = OrderedDict()
"""Names of the parts that Telegram took of a reply, by its key: another attempt goes on after them."""


async def send(outgoing: Outgoing, account: Account) -> SendResult:
    """Every part in order; the reply has the name of its last."""
    chat = int(outgoing.to[0].value)
    if outgoing.reaction:
        await _asked(Part("setMessageReaction", _reaction(outgoing)), chat, account)
        return SendResult()
    wanted = parts(outgoing, signed=account.settings.signed)
    if not wanted:
        raise Refused(_NOTHING)
    done = _done.setdefault(outgoing.idempotency_key, [])
    for part in wanted[len(done) :]:
        await _pace(account, chat)
        taken = await _asked(part, chat, account)
        number = taken.get("message_id") if isinstance(taken, dict) else None
        if not isinstance(number, int):
            raise OutcomeUnknown(_UNSURE)
        done.append(name(chat, number))
    _done.pop(outgoing.idempotency_key, None)
    while len(_done) > _REMEMBERED:
        _done.popitem(last=False)
    return SendResult(external_id=done[-1], details={"parts": done} if len(done) > 1 else {})


async def typing(sign: Sign, account: Account) -> None:
    """Shown for five seconds or until the next message. Bots cannot tell that they have read."""
    if sign.kind == "typing":
        await api.call(account.settings, "sendChatAction", chat_id=int(sign.to.value), action="typing")


async def _asked(part: Part, chat: int, account: Account) -> Any:
    files: list[tuple[str, tuple[str, bytes, str]]] = []
    if part.file is not None:
        field, file = part.file
        files = [(field, (file.name, file.data, file.media_type))]
    try:
        return await api.call(account.settings, part.method, files=files, seconds=60.0, chat_id=chat, **part.given)
    except http.NotReached as error:
        raise TryLater(api.unreached(error)) from error
    except (http.NoAnswer, http.TooLarge) as error:
        raise OutcomeUnknown(_UNSURE) from error
    except BotApiFailure as failure:
        raise await _no(failure, account) from failure


async def _no(failure: BotApiFailure, account: Account) -> Exception:
    """What a no means: later, not at all, or nothing until an admin has acted."""
    if failure.code == 429:
        await pacing.hold(_bucket(account), failure.retry_after, every=1 / account.settings.per_second)
        return TryLater(_BUSY, after=failure.retry_after)
    if failure.code >= 500:
        return OutcomeUnknown(_UNSURE)
    if failure.token_is_wrong:
        return TryLater(_TOKEN, after=_ADMIN_SECONDS)
    # 403: blocked, or the account is gone. 400: the chat or the file. In Telegram's own words, for the agent.
    return Refused(failure.description)


async def _pace(account: Account, chat: int) -> None:
    """So many a second for the bot, and about one a second, in short bursts, for each chat."""
    each = account.settings.per_second
    wait = await pacing.reserve(_bucket(account), every=1 / each, burst=each)
    wait = wait or await pacing.reserve(f"{_bucket(account)}:{chat}", every=1.0, burst=5)
    if wait:
        raise TryLater(_BUSY, after=wait)


def _bucket(account: Account) -> str:
    return f"telegram:{account.address}"


def _reaction(outgoing: Outgoing) -> dict[str, Any]:
    signs = [] if outgoing.reaction == "-" else [{"type": "emoji", "emoji": outgoing.reaction}]
    number = outgoing.quotes.rpartition(":")[2]
    if not number.isdigit():
        raise Refused(_NOTHING)
    return {"message_id": int(number), "reaction": signs}

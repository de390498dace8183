"""Hand a reply to Meta, part by part, and tell what its answers mean."""

from __future__ import annotations

from typing import Any, NoReturn

from polydesk import N_, OutcomeUnknown, Refused, Text, TryLater, db, http
from polydesk.channels import inspecting
from polydesk.types import Account, AccountNews, Handle, Outgoing, SendResult
from polydesk_whatsapp import codes, compose, graph, handles, pace
from polydesk_whatsapp.graph import GraphFailure
from polydesk_whatsapp.statuses import PART

_UPLOAD_SECONDS = 60.0
_SLOWER_SECONDS = 5.0
_ADMIN_SECONDS = 600.0
_REMEMBERED = 5000
_begun: dict[tuple[str, str, str], list[str]] = {}
"""Ids of the parts that a service took of a reply, by its key: another attempt goes on after them."""


async def send(outgoing: Outgoing, account: Account) -> SendResult:
    """The message's name at Meta is its last part's; it tells when all has arrived."""
    to = addressed(outgoing.to)
    recipient = next(iter(to.values()))
    parts = compose.parts(outgoing, account.settings)
    if not parts:
        raise Refused(Text(N_("There is nothing in this message that WhatsApp could carry.")))
    done = _taken(account, outgoing.idempotency_key)
    waiting = parts[len(done) :]
    for part in waiting:
        if part.file is not None:
            part.content["id"] = await _upload(part.file.name, part.file.media_type, part.file.data, account)
    for part in waiting:
        await pace.take(account, recipient, first=not done)
        last = len(done) == len(parts) - 1
        message = compose.message(
            part,
            to,
            quotes=outgoing.quotes if not done else "",
            correlation=outgoing.correlation if last else f"{outgoing.correlation}{PART}{len(done) + 1}",
        )
        done.append(await _post(message, recipient, outgoing.attempt, account))
    return SendResult(external_id=done[-1], details={"parts": done} if len(done) > 1 else {})


def addressed(to: tuple[Handle, ...]) -> dict[str, str]:
    """Under which name Meta wants the recipient; a number goes with its "+", else it is read as a local one."""
    for handle in to:
        if handle.kind == handles.PHONE:
            return {"to": handle.value}
        if handle.kind == handles.SCOPED:
            return {"recipient": handle.value}
    raise Refused(Text(N_("There is neither a telephone number nor a WhatsApp id to send this to.")))


def _taken(account: Account, key: str) -> list[str]:
    while len(_begun) > _REMEMBERED:
        _begun.pop(next(iter(_begun)))
    return _begun.setdefault((account.settings.base_url, account.address, key), [])


async def _upload(name: str, media_type: str, data: bytes, account: Account) -> str:
    try:
        answer = await graph.call(
            account.settings,
            "POST",
            f"{account.settings.phone_number_id}/media",
            form=[("messaging_product", "whatsapp"), ("type", media_type)],
            files=[("file", (name, data, media_type))],
            seconds=_UPLOAD_SECONDS,
        )
    except (http.NotReached, http.NoAnswer) as error:
        raise TryLater(graph.unreached(error)) from error  # nobody sees an upload twice
    except GraphFailure as failure:
        await _refused(failure, "", 1, account, uploading=True)
    if not answer.get("id"):
        raise TryLater(graph.unreached(Exception("no id")))
    return str(answer["id"])


async def _post(message: dict[str, Any], recipient: str, attempt: int, account: Account) -> str:
    try:
        answer = await graph.call(
            account.settings, "POST", f"{account.settings.phone_number_id}/messages", json=message
        )
        return str(answer["messages"][0]["id"])
    except http.NotReached as error:
        raise TryLater(graph.unreached(error)) from error
    except (http.NoAnswer, http.TooLarge) as error:
        raise OutcomeUnknown(Text(N_("Meta did not answer; it may have taken the message."))) from error
    except (KeyError, IndexError, TypeError) as error:
        raise OutcomeUnknown(Text(N_("Meta's answer does not say whether it took the message."))) from error
    except GraphFailure as failure:
        await _refused(failure, recipient, attempt, account)


async def _refused(
    failure: GraphFailure, recipient: str, attempt: int, account: Account, *, uploading: bool = False
) -> NoReturn:
    """What a no means: later, not at all, or nothing until an admin has acted."""
    words = failure.words
    if failure.code == -1:
        if failure.status in (408, 429, 503) or 400 <= failure.status < 500 or uploading:
            raise TryLater(graph.unreached(failure)) from failure
        raise OutcomeUnknown(Text(N_("Meta's answer does not say whether it took the message."))) from failure
    meaning = codes.meaning(failure.code)
    if meaning == "pair":
        wait = 4.0 ** min(attempt - 1, 6)
        await pace.hold_pair(account, recipient, wait)
        raise TryLater(words, after=wait) from failure
    if meaning == "later":
        if failure.code in codes.SLOW_DOWN:
            await pace.hold_number(account, _SLOWER_SECONDS)
        raise TryLater(words, after=_SLOWER_SECONDS if failure.code in codes.SLOW_DOWN else 0.0) from failure
    if meaning == "final":
        raise Refused(words) from failure
    await _trouble(account, words)
    if meaning == "quality":
        raise Refused(words) from failure
    raise TryLater(words, after=_ADMIN_SECONDS) from failure


async def _trouble(account: Account, words: str) -> None:
    async with db.transaction():
        await inspecting.apply(account, AccountNews(trouble=Text("{words}", {"words": words})))

"""Hand a reply to Meta, part by part, and tell what its answers mean."""

from __future__ import annotations

from typing import Any, NoReturn

import msgspec

from polydesk import N_, OutcomeUnknown, Refused, Text, TryLater, db, http, pacing
from polydesk.channels import inspecting
from polydesk.types import Account, AccountNews, Outgoing, SendResult
from polydesk_messenger import codes, compose, graph, people
from polydesk_messenger.comments import MARK
from polydesk_messenger.graph import GraphFailure
from polydesk_messenger.messages import PART

_UPLOAD_SECONDS = 60.0
_SLOWER_SECONDS = 60.0
_TAKEN_SECONDS = 300.0
_ADMIN_SECONDS = 600.0
_REMEMBERED = 5000
_EVERY = {"text": 0.01, "file": 0.1}
"""Seconds for one call of an account: 100 texts a second, 10 files."""
_begun: dict[tuple[str, str, str], list[str]] = {}
"""Ids of the parts that a service took of a reply, by its key: another attempt goes on after them."""


async def send(outgoing: Outgoing, account: Account) -> SendResult:
    """The message's name at Meta is its last part's."""
    person = people.scoped(account, outgoing.to)
    if outgoing.late and outgoing.automatic:
        raise Refused(Text(N_("After 24 hours only a person may answer here.")))
    parts = compose.parts(outgoing, account.channel)
    if not parts:
        raise Refused(Text(N_("There is nothing in this message that could be sent here.")))
    done = _taken(account, outgoing.idempotency_key)
    waiting = [each if each.file is None else await _uploaded(each, account) for each in parts[len(done) :]]
    for part in waiting:
        await _pace(account, "file" if part.file else "text")
        last = len(done) == len(parts) - 1
        message = compose.message(
            part,
            {"id": person} if done else recipient(outgoing, person),
            late=outgoing.late,
            mark=outgoing.correlation if last else f"{outgoing.correlation}{PART}{len(done) + 1}",
        )
        done.append(await _post(message, account))
    return SendResult(external_id=done[-1], details={"parts": done} if len(done) > 1 else {})


def recipient(outgoing: Outgoing, person: str) -> dict[str, str]:
    """Whoever commented and nothing came after is answered by way of the comment: the one way that is open."""
    asked = outgoing.quotes or next(reversed(outgoing.references), "")
    if asked.startswith(MARK):
        return {"comment_id": asked.removeprefix(MARK)}
    return {"id": person}


def _taken(account: Account, key: str) -> list[str]:
    while len(_begun) > _REMEMBERED:
        _begun.pop(next(iter(_begun)))
    return _begun.setdefault((account.settings.base_url, account.address, key), [])


async def _pace(account: Account, kind: str) -> None:
    every = _EVERY[kind]
    if wait := await pacing.reserve(f"{account.channel}:{account.address}:{kind}", every=every, burst=10):
        raise TryLater(Text(N_("Waiting for our turn: Meta takes only so many messages.")), after=wait)


async def _uploaded(part: compose.Part, account: Account) -> compose.Part:
    assert part.file is not None
    kind = compose.kind_of(part.file.media_type)
    described: dict[str, Any] = {"attachment": {"type": kind, "payload": {"is_reusable": True}}}
    form = [("message", msgspec.json.encode(described).decode())]
    if account.channel == "instagram":
        form.append(("platform", "instagram"))
    try:
        answer = await graph.call(
            account.settings,
            "POST",
            f"{graph.node(account)}/message_attachments",
            form=form,
            files=[("filedata", (part.file.name, part.file.data, part.file.media_type))],
            seconds=_UPLOAD_SECONDS,
        )
    except (http.NotReached, http.NoAnswer) as error:
        raise TryLater(graph.unreached(error)) from error  # nobody sees an upload twice
    except GraphFailure as failure:
        await _refused(failure, account, uploading=True)
    payload = {"attachment_id": str(answer.get("attachment_id") or "")}
    return compose.Part(content={"attachment": {"type": kind, "payload": payload}}, file=part.file)


async def _post(message: dict[str, Any], account: Account) -> str:
    try:
        answer = await graph.call(account.settings, "POST", f"{graph.node(account)}/messages", json=message)
        return str(answer["message_id"])
    except http.NotReached as error:
        raise TryLater(graph.unreached(error)) from error
    except (http.NoAnswer, http.TooLarge) as error:
        raise OutcomeUnknown(Text(N_("Meta did not answer; it may have taken the message."))) from error
    except KeyError as error:
        raise OutcomeUnknown(Text(N_("Meta's answer does not say whether it took the message."))) from error
    except GraphFailure as failure:
        await _refused(failure, account)


async def _refused(failure: GraphFailure, account: Account, *, uploading: bool = False) -> NoReturn:
    """What a no means: later, not at all, or nothing until an admin has acted."""
    words = failure.words
    if failure.code == -1:
        if failure.status in (408, 429, 503) or 400 <= failure.status < 500 or uploading:
            raise TryLater(graph.unreached(failure)) from failure
        raise OutcomeUnknown(Text(N_("Meta's answer does not say whether it took the message."))) from failure
    match codes.meaning(failure.code, failure.subcode):
        case "later":
            raise TryLater(words) from failure
        case "slower":
            raise TryLater(words, after=failure.wait or _SLOWER_SECONDS) from failure
        case "taken":
            told = Text(N_("Another app holds this conversation at Meta: {words}"), {"words": words})
            raise TryLater(told, after=_TAKEN_SECONDS) from failure
        case "account":
            async with db.transaction():
                await inspecting.apply(account, AccountNews(trouble=Text("{words}", {"words": words})))
            raise TryLater(words, after=_ADMIN_SECONDS) from failure
    raise Refused(words) from failure

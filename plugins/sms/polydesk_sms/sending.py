"""Hand a reply to the gateway; after a broken line, look first whether it has it already."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, cast
from urllib.parse import quote

from polydesk import N_, OutcomeUnknown, Refused, Text, TryLater, db, http, pacing
from polydesk.channels import inspecting
from polydesk.channels import service as channels
from polydesk.types import Account, AccountNews, Outgoing, SendResult
from polydesk_sms import codes, files, gateway, numbers
from polydesk_sms.gateway import GatewayFailure

LONGEST = 1600
_MOST_FILES = 10
_SLOWER, _ADMIN_SECONDS = 5.0, 600.0
_CLOCKS = timedelta(seconds=30)
"""How far the gateway's clock may be behind ours."""


async def send(outgoing: Outgoing, account: Account) -> SendResult:
    """One message, with its files as pictures."""
    to = next((each.value for each in outgoing.to if each.kind == numbers.PHONE), "")
    if not to:
        raise Refused(Text(N_("There is no telephone number to send this to.")))
    if len(outgoing.text) > LONGEST:
        raise Refused(Text(N_("A text message holds {most} characters at most."), {"most": LONGEST}))
    if outgoing.again and (found := await _taken(outgoing, to, account)):
        return found
    form = _form(outgoing, to, account)
    every, burst = _pace(account)
    if wait := await pacing.reserve(_bucket(account), every=every, burst=burst):
        words = Text(N_("Waiting for our turn: the number may send only so many messages a second."))
        if outgoing.again:
            # Said so, so that the next attempt looks again before it sends.
            raise OutcomeUnknown(words)
        raise TryLater(words, after=wait)
    try:
        answer = await gateway.ask(account.settings, "POST", "/Messages.json", form=form)
    except http.NotReached as error:
        raise _not_sent(outgoing, gateway.unreached(error)) from error
    except (http.NoAnswer, http.TooLarge) as error:
        raise OutcomeUnknown(Text(N_("The gateway did not answer; it may have taken the message."))) from error
    except GatewayFailure as failure:
        raise await _no(failure, account, outgoing) from failure
    if not answer.get("sid"):
        raise OutcomeUnknown(Text(N_("The gateway's answer does not say whether it took the message.")))
    return _result(answer)


def _form(outgoing: Outgoing, to: str, account: Account) -> list[tuple[str, str]]:
    settings = account.settings
    form = [("To", to)]
    if settings.messaging_service:
        form.append(("MessagingServiceSid", settings.messaging_service))
    else:
        form.append(("From", numbers.normal(settings.number) or settings.number))
    if outgoing.text:
        form.append(("Body", outgoing.text))
    form += [("MediaUrl", files.address(each, account)) for each in outgoing.files[:_MOST_FILES]]
    form.append(("StatusCallback", f"{channels.hook(account.channel)}/status?c={quote(outgoing.correlation)}"))
    return form


async def _taken(outgoing: Outgoing, to: str, account: Account) -> SendResult | None:
    """The message an earlier attempt left at the gateway, if there is one. Unsure, nothing is sent."""
    query = [("To", to), ("PageSize", "50")]
    if not account.settings.messaging_service:
        query.append(("From", numbers.normal(account.settings.number)))
    try:
        answer = await gateway.ask(account.settings, "GET", "/Messages.json", query=query)
    except (http.NotReached, http.NoAnswer, http.TooLarge, GatewayFailure) as error:
        words = Text(N_("Whether the gateway has the message already could not be found out: {reason}"))
        raise OutcomeUnknown(Text(words.template, {"reason": str(error)})) from error
    since = await _first_tried(outgoing)
    for each in answer.get("messages") or ():
        if _is_it(each, outgoing, since):
            return _result(each)
    return None


async def _first_tried(outgoing: Outgoing) -> datetime:
    rows = await db.fetch("SELECT first_tried_at, changed_at FROM pd_delivery WHERE item = {}", outgoing.item)
    return cast(datetime, rows[0]["first_tried_at"] or rows[0]["changed_at"])


def _is_it(found: dict[str, Any], outgoing: Outgoing, since: datetime) -> bool:
    """The same words, taken since we first tried, and none of those that we know by name."""
    if found.get("sid") in outgoing.references or not str(found.get("direction", "")).startswith("outbound"):
        return False
    try:
        made = parsedate_to_datetime(str(found.get("date_created")))
    except ValueError:
        return False
    return made >= since - _CLOCKS and str(found.get("body") or "").strip() == outgoing.text.strip()


def _result(answer: dict[str, Any]) -> SendResult:
    segments = str(answer.get("num_segments") or "")
    details = {"segments": int(segments)} if segments.isdecimal() else {}
    return SendResult(external_id=str(answer["sid"]), state="sent", details=details)


def _not_sent(outgoing: Outgoing, words: Text) -> TryLater | OutcomeUnknown:
    """It never got there this time; but if an earlier attempt may have, that must not be forgotten."""
    return OutcomeUnknown(words) if outgoing.again else TryLater(words)


async def _no(failure: GatewayFailure, account: Account, outgoing: Outgoing) -> Exception:
    """What a no means: later, not at all, or nothing until an admin has acted."""
    meaning = codes.meaning(failure.code)
    if failure.status == 429 or meaning == "later":
        wait = failure.after or _SLOWER
        every, burst = _pace(account)
        await pacing.hold(_bucket(account), wait, every=every, burst=burst)
        return TryLater(codes.words(failure.code or 20429, failure.own), after=wait)
    if failure.status >= 500:
        return OutcomeUnknown(Text(N_("The gateway failed while it had the message; it may have taken it.")))
    if failure.status in (401, 403) or meaning == "account":
        words = codes.words(failure.code or 20003, failure.own)
        async with db.transaction():
            await inspecting.apply(account, AccountNews(trouble=words))
        return TryLater(words, after=_ADMIN_SECONDS)
    if failure.status in (408, 425):
        return _not_sent(outgoing, failure.words)
    return Refused(failure.words)


def _bucket(account: Account) -> str:
    return f"sms:{account.address}"


def _pace(account: Account) -> tuple[float, int]:
    return 1.0 / account.settings.per_second, int(account.settings.per_second)

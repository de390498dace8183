"""What arrived, as a message or as news of one of ours."""

from __future__ import annotations

from datetime import datetime

from polydesk import N_, Text, Unreadable, untrusted
from polydesk.types import Account, Arrival, DeliveryState, Handle, Message, Nothing, Parsed, StatusUpdate
from polydesk_sms import codes, media, numbers, optout
from polydesk_sms.webhook import Told

_STATES: dict[str, DeliveryState] = {
    "sent": "sent",
    "delivered": "delivered",
    "partially_delivered": "delivered",
    "read": "read",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}
_ON_ITS_WAY = ("accepted", "scheduled", "queued", "sending", "receiving", "received")
_NO_ANSWER = Text(N_("This came from a name or a short code: it cannot be answered by text message."))
_STOPPED = Text(N_("The contact asks for no more text messages."))
_STARTED = Text(N_("The contact wants text messages again."))


async def parse(arrival: Arrival, account: Account) -> Parsed:
    """One call of the gateway."""
    told = untrusted.json(arrival.raw, Told)
    if "MessageStatus" in told.form:
        return _report(told)
    sid = told.form.get("MessageSid") or told.form.get("SmsSid") or told.form.get("SmsMessageSid")
    if not sid or "From" not in told.form:
        raise Unreadable(Text(N_("The gateway named neither a message nor a sender.")))
    if told.form["From"].startswith(("whatsapp:", "messenger:")):
        raise Unreadable(Text(N_("This is no text message; connect that channel by its own plugin.")))
    return await _message(sid, told.form, arrival, account)


async def _message(sid: str, form: dict[str, str], arrival: Arrival, account: Account) -> Message:
    sender, text = numbers.sender(form["From"]), form.get("Body", "")
    attachments, notices = await media.fetched(form, arrival, account)
    if sender.kind == numbers.NAME:
        notices = (*notices, _NO_ANSWER)
    wish = await optout.meant(account.client, sender.value, text)
    if wish is not None:
        notices = (*notices, _STOPPED if wish == "stop" else _STARTED)
    arrived = arrival.hints.get("arrived_at")
    return Message(
        external_id=sid,
        sender=sender,
        recipients=(Handle(numbers.PHONE, numbers.normal(form.get("To", "")) or form.get("To", "")),),
        text=text,
        sent_at=arrived if isinstance(arrived, datetime) else None,
        attachments=attachments,
        automatic="no number to answer" if sender.kind == numbers.NAME else "",
        notices=notices,
        details={
            name: form[name]
            for name in ("NumSegments", "FromCountry", "FromCity", "OptOutType", "MessagingServiceSid")
            if form.get(name)
        },
    )


def _report(told: Told) -> Parsed:
    form, status = told.form, told.form["MessageStatus"].lower()
    sid = form.get("MessageSid") or form.get("SmsSid") or ""
    state = _STATES.get(status)
    if state is None:
        return Nothing(reason=f"{status}: on its way" if status in _ON_ITS_WAY else f"unknown status {status}")
    code = int(form["ErrorCode"]) if form.get("ErrorCode", "").isascii() and form.get("ErrorCode", "").isdigit() else 0
    own = form.get("ErrorMessage", "") or status
    return StatusUpdate(
        external_ids=(sid,) if sid else (),
        state=state,
        reason=codes.kept(code, own) if state == "failed" else "",
        permanent=state == "failed" and codes.meaning(code) == "bad_number",
        recipient=numbers.normal(form.get("To", "")),
        correlation=told.query.get("c", ""),
        details={"code": code} if code else {},
    )

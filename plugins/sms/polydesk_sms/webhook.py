"""The door: believe only what is signed, tell messages from reports, and hand out files to the gateway."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from urllib.parse import parse_qsl

import msgspec

from polydesk import N_, NotFound, Text
from polydesk.signatures import is_form_signed
from polydesk.types import Account, Arrival, Call, CallAnswer, Delivered
from polydesk_sms import files, numbers

SIGNATURES = ("x-twilio-signature", "x-signalwire-signature")
_NOTHING_TO_SAY = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
_FORGED = Text(
    N_(
        "Something arrived with a signature that the auth token does not explain. If the token was changed at the "
        "gateway, enter the new one; if our public address is not the one entered there, correct it."
    )
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the gateway posted, with what stood in the address."""

    form: dict[str, str]
    query: dict[str, str] = {}


async def answer(call: Call, accounts: Sequence[Account]) -> CallAnswer:
    """What to answer and what to keep, for whom."""
    if call.path.startswith("file/"):
        return await files.answer(call, accounts)
    if call.path not in ("", "status"):
        raise NotFound()
    form = _form(call)
    given = next((call.headers[name] for name in SIGNATURES if name in call.headers), "")
    trusted = [each for each in accounts if _signed(call, form, given, each)]
    if not trusted:
        # The gateway signs everything: what has no signature at all is a passer-by.
        alarmed = tuple(each.id for each in accounts) if given else ()
        return CallAnswer(status=403, body=b"Forbidden", alarm=_FORGED if alarmed else None, alarmed=alarmed)
    first: dict[str, str] = {}
    for name, value in form:
        first.setdefault(name, value)
    account = _addressed(first, trusted)
    raw = msgspec.json.encode(Told(form=first, query=dict(call.query)))
    arrival = Arrival(external_id=_name(first) or "b:" + hashlib.sha256(call.body).hexdigest(), raw=raw)
    return CallAnswer(
        body=_NOTHING_TO_SAY, media_type="text/xml", deliveries=(Delivered(account=account.id, arrival=arrival),)
    )


def _form(call: Call) -> list[tuple[str, str]]:
    """Everything that was posted, names and values as they are signed."""
    if call.method == "GET":
        return list(call.query)
    if "json" in call.headers.get("content-type", ""):
        return []
    return parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)


def _signed(call: Call, form: list[tuple[str, str]], given: str, account: Account) -> bool:
    # A GET carries its parameters in the address, which is signed as it is.
    signed = [] if call.method == "GET" else form
    return is_form_signed(account.settings.token, call.url, signed, call.body, given)


def _addressed(form: dict[str, str], trusted: Sequence[Account]) -> Account:
    """The account whose number it is; several may share one token."""
    ours = form.get("From" if "MessageStatus" in form else "To", "")
    service = form.get("MessagingServiceSid", "")
    for wanted in (numbers.normal(ours), service):
        for each in trusted:
            if wanted and wanted in (numbers.normal(each.settings.number), each.settings.messaging_service):
                return each
    return trusted[0]


def _name(form: dict[str, str]) -> str:
    sid = form.get("MessageSid") or form.get("SmsSid") or form.get("SmsMessageSid") or ""
    if not sid:
        return ""
    return f"s:{sid}:{form['MessageStatus']}:{form.get('ErrorCode', '')}" if "MessageStatus" in form else f"m:{sid}"

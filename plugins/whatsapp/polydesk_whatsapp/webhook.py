"""The door: answer Meta's handshake, believe only what is signed, and take batches apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from polydesk import N_, Text
from polydesk.signatures import same, signers
from polydesk.types import Account, Arrival, Call, CallAnswer, Delivered

SIGNATURE = "x-hub-signature-256"
_LISTS = {"messages": "message", "statuses": "status", "errors": "error", "message_echoes": "echo"}
_ENVELOPE = ("messaging_product", "metadata", "contacts")
_FORGED = Text(
    N_(
        "Something arrived with a signature that the app secret does not explain. If the secret was changed at Meta, "
        "enter the new one here; otherwise somebody is pretending to be Meta."
    )
)


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One message, status or change, with what its envelope said; `kind` names what `body` is."""

    kind: str
    field: str
    business: str = ""
    number: str = ""
    shown: str = ""
    contact: dict[str, Any] = {}
    body: Any = None


def answer(call: Call, accounts: Sequence[Account]) -> CallAnswer:
    """What to answer and what to keep, for whom."""
    if call.method == "GET":
        return _handshake(dict(call.query), accounts)
    secrets = signers((each.settings.app_secret for each in accounts), call.body, call.headers.get(SIGNATURE, ""))
    trusted = [each for each in accounts if each.settings.app_secret in secrets]
    if not trusted:
        alarmed = _concerned(call, accounts)
        return CallAnswer(status=403, body=b"Forbidden", alarm=_FORGED if alarmed else None, alarmed=alarmed)
    pieces = list(_split(call.body))
    if not pieces:
        whole = Arrival(external_id="b:" + hashlib.sha256(call.body).hexdigest(), raw=call.body)
        return CallAnswer(deliveries=(Delivered(account=trusted[0].id, arrival=whole),))
    return CallAnswer(deliveries=tuple(_addressed(pieces, trusted)))


def _concerned(call: Call, accounts: Sequence[Account]) -> tuple[int, ...]:
    """Whose secret may have changed: accounts that the call names, else all.

    Meta signs everything: what has no signature at all is a passer-by, and news to nobody.
    """
    if SIGNATURE not in call.headers:
        return ()
    named = [each.id for each in accounts if each.address and each.address.encode() in call.body]
    return tuple(named or (each.id for each in accounts))


def _handshake(query: dict[str, str], accounts: Sequence[Account]) -> CallAnswer:
    given = query.get("hub.verify_token", "")
    known = [same(each.settings.verify_token, given) for each in accounts]
    if query.get("hub.mode") == "subscribe" and any(known):
        return CallAnswer(body=query.get("hub.challenge", "").encode())
    return CallAnswer(status=403, body=b"Forbidden")


def _addressed(pieces: Iterable[Piece], trusted: Sequence[Account]) -> Iterator[Delivered]:
    """A number's to that number; an account's to all its numbers; what is nobody's to the first, who says so."""
    for piece in pieces:
        raw = msgspec.json.encode(piece)
        arrival = Arrival(external_id=_id(piece, raw), raw=raw)
        if piece.number:
            mine = [each for each in trusted if each.address == piece.number]
        else:
            mine = [each for each in trusted if each.settings.business_id == piece.business]
        for account in mine or trusted[:1]:
            yield Delivered(account=account.id, arrival=arrival)


def _id(piece: Piece, raw: bytes) -> str:
    body = piece.body if isinstance(piece.body, dict) else {}
    if isinstance(named := body.get("id"), str) and named:
        if piece.kind == "status":
            who = body.get("recipient_participant_id", "")
            return f"s:{named}:{body.get('status')}" + (f":{who}" if who else "")
        if piece.kind in ("message", "echo"):
            return f"{piece.kind[0]}:{named}"
    return "x:" + hashlib.sha256(raw).hexdigest()


def _split(raw: bytes) -> Iterator[Piece]:
    """The pieces of a body; nothing of it is left out, and what is not understood is a piece too."""
    body = _decoded(raw)
    for entry in _list(body.get("entry") if isinstance(body, dict) else None):
        changes = list(_dicts(entry.get("changes"))) if isinstance(entry, dict) else []
        for change in changes:
            yield from _change(str(entry.get("id") or ""), str(change.get("field") or ""), change.get("value"))
        if not changes:
            yield Piece(kind="change", field="", body=entry)


def _change(business: str, field: str, value: Any) -> Iterator[Piece]:
    about = value if isinstance(value, dict) else {}
    metadata = about.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    envelope = Piece(
        kind="change",
        field=field,
        business=business,
        number=str(metadata.get("phone_number_id") or ""),
        shown=str(metadata.get("display_phone_number") or ""),
    )
    contacts = list(_dicts(about.get("contacts")))
    for name, kind in _LISTS.items():
        for body in _list(about.get(name)):
            contact = _who(body, contacts) if kind != "error" else {}
            yield msgspec.structs.replace(envelope, kind=kind, contact=contact, body=body)
    if rest := {name: each for name, each in about.items() if name not in _ENVELOPE and name not in _LISTS}:
        yield msgspec.structs.replace(envelope, body=rest if rest.keys() < about.keys() else value)
    elif not any(_list(about.get(name)) for name in _LISTS):
        yield msgspec.structs.replace(envelope, body=value)


def _who(body: Any, contacts: list[dict[str, Any]]) -> dict[str, Any]:
    """The contact that a message of a batch belongs to."""
    if not isinstance(body, dict):
        return {}
    for mine, theirs in (("from_user_id", "user_id"), ("from", "wa_id")):
        for each in contacts:
            if body.get(mine) and body[mine] == each.get(theirs):
                return each
    # Brazil and Mexico write one number in two ways: a contact that is alone is meant all the same.
    return contacts[0] if len(contacts) == 1 else {}


def _dicts(value: Any) -> Iterator[dict[str, Any]]:
    return (each for each in _list(value) if isinstance(each, dict))


def _decoded(raw: bytes) -> Any:
    """The body; half an emoji, which Meta cuts now and then, spoils no more than itself. None for what is no JSON."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return msgspec.json.decode(json.dumps(json.loads(raw), ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []

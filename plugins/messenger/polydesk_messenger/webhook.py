"""The door: answer Meta's handshake, believe only what is signed, and take batches apart."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from polydesk import N_, Text
from polydesk.signatures import same, signers
from polydesk.types import Account, Arrival, Call, CallAnswer, Delivered

SIGNATURE = "x-hub-signature-256"
_LISTS = {"messaging": "messaging", "standby": "standby", "changes": "change"}
_FORGED = Text(
    N_(
        "Something arrived with a signature that the app secret does not explain. If the secret was changed at Meta, "
        "enter the new one here; otherwise somebody is pretending to be Meta."
    )
)


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One event or change of one page; `kind` is "messaging", "standby" or "change"."""

    kind: str
    page: str
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
    by_page = {each.address: each for each in reversed(trusted)}
    deliveries = []
    for piece in _split(call.body):
        raw = msgspec.json.encode(piece)
        account = by_page.get(piece.page, trusted[0])
        deliveries.append(Delivered(account=account.id, arrival=Arrival(external_id=_id(piece, raw), raw=raw)))
    if not deliveries:
        whole = Arrival(external_id="b:" + hashlib.sha256(call.body).hexdigest(), raw=call.body)
        deliveries.append(Delivered(account=trusted[0].id, arrival=whole))
    return CallAnswer(deliveries=tuple(deliveries))


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


def _split(raw: bytes) -> Iterator[Piece]:
    body = _decoded(raw)
    for entry in _list(body.get("entry")) if isinstance(body, dict) else ():
        if not isinstance(entry, dict):
            yield Piece(kind="change", page="", body=entry)
            continue
        page = str(entry.get("id") or "")
        for name, kind in _LISTS.items():
            for each in _list(entry.get(name)):
                yield Piece(kind=kind, page=page, body=each)
        # With Instagram login a change stands in the entry itself; anything else is kept as it is.
        if rest := {name: each for name, each in entry.items() if name not in (*_LISTS, "id", "time")}:
            yield Piece(kind="change", page=page, body=rest)


def _id(piece: Piece, raw: bytes) -> str:
    """A message counts once however often it comes, a copy for another app's thread included."""
    body = piece.body if isinstance(piece.body, dict) else {}
    message = body.get("message")
    if isinstance(message, dict) and isinstance(mid := message.get("mid"), str) and mid:
        mark = "d" if message.get("is_deleted") else "e" if message.get("is_echo") else "m"
        return f"{mark}:{mid}"
    postback = body.get("postback")
    if isinstance(postback, dict) and isinstance(mid := postback.get("mid"), str) and mid:
        return f"p:{mid}"
    return "x:" + hashlib.sha256(raw).hexdigest()


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

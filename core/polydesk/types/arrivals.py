"""Raw bytes at the door, and the webhooks that bring them."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from polydesk.types.basics import Text


class Arrival(Struct, frozen=True, kw_only=True):
    """Raw bytes at the door. `external_id` names this delivery within the account: the same id counts once.

    `hints` travel beside the bytes to `parse` (envelope, received time, "oversize": why only a part was fetched…);
    there core adds "arrived_at" (datetime) and "attempt" (from 1).
    """

    external_id: str
    raw: bytes
    hints: dict[str, Any] = {}


class Call(Struct, frozen=True, kw_only=True):
    """A request at `/hooks/<channel>/<path>`. `url` is the full public address as configured; header names are lower
    case; `body` is untouched."""

    method: Literal["GET", "POST"]
    url: str
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: dict[str, str] = {}
    body: bytes = b""
    peer: str = ""


class Delivered(Struct, frozen=True, kw_only=True):
    """Bytes that a webhook brought for an account (its id)."""

    account: int
    arrival: Arrival


class CallAnswer(Struct, frozen=True, kw_only=True):
    """What to answer a webhook once `deliveries` are safe on disk (503 goes out instead if that fails).

    `alarm` is shown with the accounts `alarmed` (a forged signature, say), as their trouble once nothing else comes:
    then the secret may have changed. `accepted` are accounts it was in order for although nothing is to be stored.
    """

    status: int = 200
    body: bytes = b""
    media_type: str = "text/plain"
    deliveries: tuple[Delivered, ...] = ()
    alarm: Text | None = None
    alarmed: tuple[int, ...] = ()
    accepted: tuple[int, ...] = ()

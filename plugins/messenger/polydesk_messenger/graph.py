"""Requests to Meta's Graph API for a page or an Instagram account, and its errors in its own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from polydesk import N_, Text, http
from polydesk.types import Account

CDN = (
    "*.fbsbx.com",
    "*.fbcdn.net",
    "*.cdninstagram.com",
    "*.facebook.com",
    "*.instagram.com",
)
_USAGE = "x-business-use-case-usage"


class GraphFailure(Exception):
    """Graph said no; `code` is -1 when what came is not Graph's. `wait`: seconds until it may be asked again."""

    def __init__(self, status: int, code: int, words: str, *, subcode: int = 0, wait: float = 0.0) -> None:
        self.status, self.code, self.subcode, self.words, self.wait = status, code, subcode, words, wait
        super().__init__(words)


def hosts(account: Account) -> tuple[str, ...]:
    """Where files may be fetched from: Meta's, and whatever host stands in for Graph."""
    return (urlsplit(account.settings.base_url).netloc.lower(), *CDN)


def node(account: Account) -> str:
    """Under which id Graph keeps the account: an Instagram account with a page's token lives under its page."""
    return str(getattr(account.settings, "page_id", "") or account.settings.account_id)


async def call(
    settings: Any,
    method: str,
    path: str,
    *,
    query: Sequence[tuple[str, str]] = (),
    json: Any = None,
    form: Sequence[tuple[str, str]] = (),
    files: Sequence[tuple[str, tuple[str, bytes, str]]] = (),
    seconds: float = 20.0,
) -> dict[str, Any]:
    """What Graph answers, or `GraphFailure`, `http.NotReached`, `http.NoAnswer`."""
    answer = await http.ask(
        method,
        f"{settings.base_url.rstrip('/')}/{settings.version}/{path}",
        headers={"authorization": f"Bearer {settings.token}"},
        query=query,
        json=json,
        form=form,
        files=files,
        seconds=seconds,
    )
    found = answer.json()
    error = found.get("error") if isinstance(found, dict) else None
    if isinstance(error, dict):
        code, subcode = error.get("code"), error.get("error_subcode")
        raise GraphFailure(
            answer.status,
            code if isinstance(code, int) else -1,
            _words(error),
            subcode=subcode if isinstance(subcode, int) else 0,
            wait=_wait(answer.headers.get(_USAGE, "")),
        )
    if answer.status != 200 or not isinstance(found, dict):
        raise GraphFailure(answer.status, -1, f"HTTP {answer.status}, {answer.media_type or 'nothing'}")
    return found


def _words(error: dict[str, Any]) -> str:
    code = f"{error.get('code', '')}" + (f"/{error['error_subcode']}" if error.get("error_subcode") else "")
    words = str(error.get("message") or "").removeprefix(f"(#{error.get('code')}) ")
    return f"(#{code}) {words}"


def _wait(usage: str) -> float:
    """Meta tells in minutes, by business and kind of call, when calls are taken again."""
    try:
        told = msgspec.json.decode(usage, type=dict[str, list[dict[str, Any]]])
        minutes = [float(each.get("estimated_time_to_regain_access") or 0) for many in told.values() for each in many]
    except (msgspec.DecodeError, TypeError, ValueError):
        return 0.0
    return max(minutes, default=0.0) * 60.0


def unreached(error: Exception) -> Text:
    """Words for a service that cannot be asked at the moment."""
    return Text(N_("Meta cannot be reached ({reason})."), {"reason": str(error)})

"""Requests to Meta's Graph API, and its errors in its own words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from polydesk import N_, Text, http
from polydesk_whatsapp.settings import WhatsAppSettings

CDN = (
    "lookaside.fbsbx.com",
    "*.fbsbx.com",
    "*.fbcdn.net",
    "*.whatsapp.net",
    "*.facebook.com",
)


class GraphFailure(Exception):
    """Graph said no. `code` is -1 when what came is not Graph's (a proxy's page…)."""

    def __init__(self, status: int, code: int, words: str) -> None:
        self.status, self.code, self.words = status, code, words
        super().__init__(words)


def described(error: dict[str, Any]) -> str:
    """An error object in the service's words, with its code."""
    data = error.get("error_data")
    details = data.get("details", "") if isinstance(data, dict) else ""
    first = str(error.get("message") or error.get("title") or "")
    words = f"{first}: {details}" if details and str(details) not in first else first
    code = error.get("code", "")
    return words if f"#{code}" in words else f"(#{code}) {words}"


def hosts(settings: WhatsAppSettings) -> tuple[str, ...]:
    """Where files may be fetched from: Meta's, and whatever host stands in for Graph."""
    return (urlsplit(settings.base_url).netloc.lower(), *CDN)


def authorized(settings: WhatsAppSettings) -> dict[str, str]:
    """The header that opens Graph and its files."""
    return {"authorization": f"Bearer {settings.token}"}


async def call(
    settings: WhatsAppSettings,
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
        headers=authorized(settings),
        query=query,
        json=json,
        form=form,
        files=files,
        seconds=seconds,
    )
    found = answer.json()
    error = found.get("error") if isinstance(found, dict) else None
    if isinstance(error, dict):
        code = error.get("code")
        raise GraphFailure(answer.status, code if isinstance(code, int) else -1, described(error))
    if answer.status != 200 or not isinstance(found, dict):
        raise GraphFailure(answer.status, -1, f"HTTP {answer.status}, {answer.media_type or 'nothing'}")
    return found


def unreached(error: Exception) -> Text:
    """Words for a service that cannot be asked at the moment."""
    return Text(N_("Meta cannot be reached ({reason})."), {"reason": str(error)})

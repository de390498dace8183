"""Access tokens for mail servers that no longer take passwords (RFC 6749): by refresh token, or by the app's own right.

Blocking, for use in a thread. A token is kept until shortly before it ends, and fetched by one thread at a time.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

from polydesk import N_, Text
from polydesk_email.settings import MailSettings

_SECONDS = 20.0
_MARGIN = 120.0
_MOST = 100_000
_lock = threading.Lock()
_tokens: dict[tuple[str, ...], tuple[str, float]] = {}
_newer: dict[tuple[str, ...], str] = {}
"""Refresh tokens that a provider gave in exchange for the stored one."""


class OAuthError(Exception):
    """No token could be had; `advice` says why, for an admin."""

    def __init__(self, advice: Text) -> None:
        super().__init__(str(advice))
        self.advice = advice


def access_token(settings: MailSettings) -> str:
    """A token that is valid now."""
    key = (
        settings.oauth_token_url,
        settings.oauth_client_id,
        settings.oauth_client_secret,
        settings.oauth_refresh_token,
        settings.oauth_scope,
    )
    with _lock:
        token, ends = _tokens.get(key, ("", 0.0))
        if ends > time.monotonic():
            return token
        answer = _ask(settings.oauth_token_url, _form(settings, _newer.get(key, settings.oauth_refresh_token)))
        token = str(answer["access_token"])
        if isinstance(answer.get("refresh_token"), str):
            _newer[key] = str(answer["refresh_token"])
        lasts = answer.get("expires_in")
        _tokens[key] = (token, time.monotonic() + float(lasts if isinstance(lasts, int) else 300) - _MARGIN)
        return token


def forget(settings: MailSettings) -> None:
    """The server did not accept the token: fetch a new one next time."""
    with _lock:
        for key in [key for key in _tokens if key[1] == settings.oauth_client_id]:
            del _tokens[key]


def _form(settings: MailSettings, refresh_token: str) -> dict[str, str]:
    form = {"client_id": settings.oauth_client_id, "client_secret": settings.oauth_client_secret}
    if settings.oauth_scope:
        form["scope"] = settings.oauth_scope
    if refresh_token:
        return {**form, "grant_type": "refresh_token", "refresh_token": refresh_token}
    return {**form, "grant_type": "client_credentials"}


def _ask(url: str, form: dict[str, str]) -> dict[str, object]:
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in ("localhost", "127.0.0.1"):
        raise OAuthError(Text(N_("The token address must begin with https://.")))
    data = urllib.parse.urlencode({name: value for name, value in form.items() if value}).encode()
    request = urllib.request.Request(url, data, {"Accept": "application/json"})  # noqa: S310 - scheme checked above
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as response:  # noqa: S310
            answer = json.loads(response.read(_MOST))
    except urllib.error.HTTPError as error:
        with error:
            raise _refusal(error.read(_MOST), error.code) from error
    except (OSError, ValueError) as error:
        raise OAuthError(
            Text(N_("The token address could not be asked: {words}"), {"words": str(error)[:300]})
        ) from error
    if not isinstance(answer, dict) or not answer.get("access_token"):
        raise OAuthError(Text(N_("The token address gave no token.")))
    return answer


def _refusal(body: bytes, code: int) -> OAuthError:
    try:
        said = json.loads(body)
        name, words = str(said.get("error", "")), str(said.get("error_description") or said.get("error", ""))
    except (ValueError, AttributeError):
        name, words = "", body[:200].decode("utf-8", "replace")
    if name == "invalid_grant":
        return OAuthError(
            Text(N_("The permission to read this mailbox was withdrawn or has ended. It must be given again."))
        )
    return OAuthError(
        Text(N_("No token was given ({code}): {words}"), {"code": code, "words": " ".join(words.split())[:300]})
    )

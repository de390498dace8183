"""Ask the gateway's API, and read what it says when it says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polydesk import N_, Text, http
from polydesk_sms import codes
from polydesk_sms.settings import SmsSettings


class GatewayFailure(Exception):
    """It said no: `code` is its own (0 if it named none), `after` the seconds it asked us to wait."""

    def __init__(self, status: int, code: int, own: str, after: float = 0.0) -> None:
        self.status, self.code, self.own, self.after = status, code, own, after
        super().__init__(f"HTTP {status}, {code}: {own}")

    @property
    def words(self) -> Text:
        """For a person."""
        return codes.words(self.code or self.status, self.own)


async def ask(
    settings: SmsSettings,
    method: str,
    path: str,
    *,
    form: Sequence[tuple[str, str]] = (),
    query: Sequence[tuple[str, str]] = (),
    seconds: float = 20.0,
) -> dict[str, Any]:
    """One call below the account; raises `GatewayFailure`, or what `polydesk.http` raises."""
    base = settings.api_url.rstrip("/")
    base = base if "://" in base else f"https://{base}"
    url = f"{base}/2010-04-01/Accounts/{settings.account_sid}{path}"
    auth = (settings.account_sid, settings.token)
    answer = await http.ask(method, url, form=form, query=query, auth=auth, seconds=seconds)
    found = answer.json()
    if answer.status < 300 and isinstance(found, dict):
        return found
    said = found if isinstance(found, dict) else {}
    code = said.get("code")
    raise GatewayFailure(
        answer.status,
        code if isinstance(code, int) else 0,
        str(said.get("message") or ""),
        _seconds(answer.headers.get("retry-after", "")),
    )


def unreached(error: Exception) -> Text:
    """Nobody there."""
    return Text(N_("The gateway could not be reached: {reason}"), {"reason": str(error) or type(error).__name__})


def _seconds(retry_after: str) -> float:
    return min(float(retry_after), 3600.0) if retry_after.isascii() and retry_after.isdigit() else 0.0

"""Call the Bot API, and read what it says when it says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import msgspec

from polydesk import N_, Text, http
from polydesk_telegram.settings import TelegramSettings


class BotApiFailure(Exception):
    """It said no: the code, its own words, and the seconds it asked us to wait."""

    def __init__(self, code: int, description: str, retry_after: float = 0.0) -> None:
        self.code, self.description, self.retry_after = code, description, retry_after
        super().__init__(f"{code}: {description}")

    @property
    def token_is_wrong(self) -> bool:
        """Telegram answers 401 for a token taken back and 404 for one that never was."""
        return self.code in (401, 404)


async def call(
    settings: TelegramSettings,
    method: str,
    *,
    files: Sequence[tuple[str, tuple[str, bytes, str]]] = (),
    seconds: float = 20.0,
    **parameters: Any,
) -> Any:
    """`result` of one method; raises `BotApiFailure`, or what `polydesk.http` raises."""
    given = {name: value for name, value in parameters.items() if value is not None}
    url = f"{_base(settings)}/bot{quote(settings.token, safe=':')}/{method}"
    if files:
        form = [(name, value if isinstance(value, str) else _json(value)) for name, value in given.items()]
        answer = await http.ask("POST", url, form=form, files=files, seconds=seconds)
    else:
        answer = await http.ask("POST", url, json=given, seconds=seconds)
    said = answer.json()
    said = said if isinstance(said, dict) else {}
    if answer.status == 200 and said.get("ok") is True:
        return said.get("result")
    about = said.get("parameters")
    wait = about.get("retry_after") if isinstance(about, dict) else 0
    code = said.get("error_code")
    raise BotApiFailure(
        code if isinstance(code, int) else answer.status,
        str(said.get("description") or f"HTTP {answer.status}"),
        float(wait) if isinstance(wait, int | float) else 0.0,
    )


async def file(settings: TelegramSettings, path: str, most: int) -> bytes:
    """The bytes at a `file_path` that `getFile` gave."""
    url = f"{_base(settings)}/file/bot{quote(settings.token, safe=':')}/{quote(path)}"
    answer = await http.ask("GET", url, seconds=60.0, most=most)
    if answer.status != 200:
        raise BotApiFailure(answer.status, f"HTTP {answer.status}")
    return answer.body


def unreached(error: Exception) -> Text:
    """Nobody there. The address holds the token, so only the kind of error is told."""
    return Text(N_("Telegram could not be reached: {reason}"), {"reason": type(error).__name__})


def _base(settings: TelegramSettings) -> str:
    base = settings.api_url.rstrip("/")
    return base if "://" in base else f"https://{base}"


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()

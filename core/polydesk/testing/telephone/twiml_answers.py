"""How the API of the make-believe Twilio answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

Given = dict[str, str]
Found = tuple[int, Any]
Route = tuple[str, str, Callable[..., Awaitable[Found]]]


class No(Exception):
    """Refused: the HTTP status, and the number of the error."""

    def __init__(self, status: int, code: int, words: str) -> None:
        self.status, self.code = status, code
        super().__init__(words)

"""Finish what must not be cut short, and tell afterwards that someone wanted to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Late(Exception, Generic[T]):
    """The work is done, but the task was cancelled meanwhile: use `result`, then raise CancelledError."""

    def __init__(self, result: T) -> None:
        super().__init__()
        self.result = result


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Await `work` even if the task is cancelled; raises `Late` if it was."""
    task = asyncio.ensure_future(work)
    cancelled = False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            cancelled = True
        except BaseException:
            break
    result = task.result()
    if cancelled:
        raise Late(result)
    return result

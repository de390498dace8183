"""Run what a plugin does at start so that the desk starts whatever happens: with a time limit, and memory measured."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
SECONDS = 6.0
MOST_MEGABYTES = 300


class TooSlow(Exception):
    """It did not come back in time. Its thread is left behind: Python knows no way to end one."""


def run(what: Callable[[], T], seconds: float = SECONDS) -> T:
    """The answer, or whatever it raised, `SystemExit` included; `TooSlow` when there is none in time.

    A thread of its own, so that `while True` and `time.sleep` at import do not keep the desk from starting. What holds
    on to the interpreter itself (C code that never lets go) cannot be interrupted: that is what safe mode is for.
    """
    answer: list[T] = []
    raised: list[BaseException] = []

    def inside() -> None:
        try:
            answer.append(what())
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=inside, name="a plugin's start", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise TooSlow
    if raised:
        raise raised[0]
    return answer[0]


def megabytes() -> int:
    """The memory this process uses; 0 where that cannot be known."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000

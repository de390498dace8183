"""Wait for what an exchange comes to by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def until(what: Callable[[], bool], seconds: float = 30.0) -> None:
    """Look again and again until it holds; a failure says how long in vain."""
    try:
        async with asyncio.timeout(seconds):
            while not what():  # noqa: ASYNC110 it changes without telling
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not so after {seconds} s") from None

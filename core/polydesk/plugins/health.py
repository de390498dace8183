"""What went wrong in which plugin: the breaker that rests a failing one, and the record every process shares."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

import msgspec

from polydesk import db

log = logging.getLogger("polydesk.plugins")
FAILURES_TO_REST = 5
REST_SECONDS = 60.0


class Failure(msgspec.Struct, frozen=True):
    """The last failure of one hook of one plugin, and how many there were."""

    plugin: str
    hook: str
    reason: str
    failures: int
    last_at: datetime


class _Breaker(msgspec.Struct):
    in_a_row: int = 0
    resting_until: float = 0.0
    reason: str = ""


_breakers: dict[str, _Breaker] = {}


def resting(plugin: str) -> bool:
    """Is this plugin left alone for now because it kept failing? After the rest, one call tries it again."""
    breaker = _breakers.get(plugin)
    return breaker is not None and breaker.resting_until > time.monotonic()


def status(plugin: str) -> str:
    """Why the plugin rests in this process, or ""."""
    return _breakers[plugin].reason if resting(plugin) else ""


def succeeded(plugin: str) -> None:
    """A call went well: the count of failures in a row starts anew."""
    _breakers.pop(plugin, None)


async def failed(plugin: str, hook: str, reason: str) -> None:
    """Count a failure and write it where every process and the admin see it."""
    log.error("plugin %s failed in %s: %s", plugin, hook, reason)
    breaker = _breakers.setdefault(plugin, _Breaker())
    breaker.in_a_row += 1
    if breaker.in_a_row >= FAILURES_TO_REST:
        breaker.resting_until = time.monotonic() + REST_SECONDS
        breaker.reason = reason
        log.error("plugin %s failed %d times in a row and rests for %.0f s", plugin, breaker.in_a_row, REST_SECONDS)
    await db.fetch(
        "INSERT INTO pd_plugin_health (plugin, hook, reason, failures, last_at) VALUES ({}, {}, {}, 1, {}) "
        "ON CONFLICT (plugin, hook) DO UPDATE SET reason = EXCLUDED.reason, last_at = EXCLUDED.last_at, "
        "failures = pd_plugin_health.failures + 1",
        plugin,
        hook,
        db.clean(reason)[:2000],
        datetime.now(UTC),
    )


async def recorded() -> list[Failure]:
    """Every recorded failure, newest first."""
    rows = await db.fetch("SELECT plugin, hook, reason, failures, last_at FROM pd_plugin_health ORDER BY last_at DESC")
    return [msgspec.convert(row, Failure) for row in rows]


async def forget(plugin: str) -> None:
    """Clear a plugin's record and let it work again at once."""
    _breakers.pop(plugin, None)
    await db.fetch("DELETE FROM pd_plugin_health WHERE plugin = {}", plugin)

"""What went wrong in which plugin: the breaker that rests a failing one, and the record every process shares."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime

import msgspec

from polydesk import db, i18n
from polydesk.types import Text

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
    reason: str | Text = ""


# One for each hook: a picture that cannot be drawn must not keep the plugin from hearing what happens.
_breakers: dict[tuple[str, str], _Breaker] = {}


def resting(plugin: str, hook: str) -> bool:
    """Is this hook of a plugin left alone for now because it kept failing? After the rest, one call tries it again."""
    breaker = _breakers.get((plugin, hook))
    return breaker is not None and breaker.resting_until > time.monotonic()


def status(plugin: str) -> str:
    """Why a hook of the plugin rests in this process, or ""."""
    now = time.monotonic()
    rests = (it.reason for (name, _hook), it in _breakers.items() if name == plugin and it.resting_until > now)
    return i18n.render(next(rests, ""))


def rest(plugin: str, hook: str, reason: str | Text) -> None:
    """Leave a hook of a plugin alone for a while, in this process."""
    breaker = _breakers.setdefault((plugin, hook), _Breaker())
    breaker.resting_until = time.monotonic() + REST_SECONDS
    breaker.reason = reason
    log.error("%s of plugin %s rests for %.0f s", hook, plugin, REST_SECONDS)


def succeeded(plugin: str, hook: str) -> None:
    """A call went well: the count of failures in a row starts anew. Who was sent to rest meanwhile rests still."""
    if not resting(plugin, hook):
        _breakers.pop((plugin, hook), None)


async def failed(plugin: str, hook: str, reason: str | Text) -> None:
    """Count a failure and write it where every process and the admin see it."""
    log.error("plugin %s failed in %s: %s", plugin, hook, reason)
    breaker = _breakers.setdefault((plugin, hook), _Breaker())
    breaker.in_a_row += 1
    if breaker.in_a_row >= FAILURES_TO_REST:
        rest(plugin, hook, reason)
    await db.fetch(
        "INSERT INTO pd_plugin_health (plugin, hook, reason, failures, last_at) VALUES ({}, {}, {}, 1, {}) "
        "ON CONFLICT (plugin, hook) DO UPDATE SET reason = EXCLUDED.reason, last_at = EXCLUDED.last_at, "
        "failures = pd_plugin_health.failures + 1",
        plugin,
        hook,
        db.clean(i18n.keep(reason))[:2000],
        datetime.now(UTC),
    )


async def recorded() -> list[Failure]:
    """Every recorded failure, newest first."""
    rows = await db.fetch("SELECT plugin, hook, reason, failures, last_at FROM pd_plugin_health ORDER BY last_at DESC")
    return [msgspec.convert({**row, "reason": i18n.kept(row["reason"])}, Failure) for row in rows]


async def forget(plugin: str) -> None:
    """Clear a plugin's record and let it work again at once."""
    for key in [each for each in _breakers if each[0] == plugin]:
        del _breakers[key]
    await db.fetch("DELETE FROM pd_plugin_health WHERE plugin = {}", plugin)

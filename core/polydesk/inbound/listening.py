"""Keep a listener on every account that has one: one process each by lease, restarted with back-off."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from polydesk import db, i18n, live
from polydesk.channel import Channel
from polydesk.channels import service as channels
from polydesk.errors import NotFound, PolydeskError
from polydesk.inbound import service as inbound
from polydesk.types import Account, Arrival, Scope, Text

log = logging.getLogger("polydesk.listening")
LEASE = timedelta(seconds=30)
_LOOK_SECONDS = 5.0
# A plugin is off somewhere, or a client is in the sandbox.
_PLACES = ("switched", "scopes")
_FIRST_WAIT, _LONGEST_WAIT = 1.0, 120.0


class AccountDoor:
    """See `polydesk.Door`."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self._well = False

    async def accept(self, arrivals: Sequence[Arrival], cursor: dict[str, Any] | None = None) -> int:
        """See `polydesk.Door.accept`."""
        return await inbound.accept(self.account, arrivals, cursor)

    async def cursor(self) -> dict[str, Any]:
        """See `polydesk.Door.cursor`."""
        rows = await db.fetch("SELECT cursor FROM pd_account WHERE id = {}", self.account.id)
        found: dict[str, Any] = msgspec.json.decode(rows[0]["cursor"])
        return found

    async def healthy(self) -> None:
        """See `polydesk.Door.healthy`."""
        await db.fetch(
            "UPDATE pd_account SET trouble = '', trouble_since = NULL, checked_at = {} WHERE id = {}",
            datetime.now(UTC),
            self.account.id,
        )
        if not self._well:
            self._well = True
            live.signal(self.account.client, "health", self.account.id)


async def run(stop: asyncio.Event, *, alone: bool = False) -> None:
    """Listen to every account of this desk that no other process listens to, until `stop`.

    Fetching changes what is fetched from (mail is marked, moved, deleted): clients in the sandbox are left out.

    Whoever is `alone` on the desk need not wait for the leases of a process that died.
    """
    me = secrets.token_hex(8)
    if alone:
        await db.fetch("UPDATE pd_account SET lease_until = NULL")
    listeners: dict[int, asyncio.Task[None]] = {}
    changed = asyncio.Event()
    restart: set[int] = set()

    def on_change(signal: live.Signal) -> None:
        restart.add(signal.id)
        changed.set()

    def on_place(_signal: live.Signal) -> None:
        changed.set()

    live.on("accounts", on_change)
    for topic in _PLACES:
        live.on(topic, on_place)
    try:
        while not stop.is_set():
            changed.clear()
            try:
                for account in [each for each in listeners if each in restart]:
                    await _end(listeners.pop(account))
                restart.clear()
                await _tend(me, listeners)
            except (OSError, ConnectionError) as error:
                log.warning("accounts could not be looked up: %s", error)
            waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(changed.wait())]
            await asyncio.wait(waits, timeout=_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for wait in waits:
                wait.cancel()
    finally:
        live.off("accounts", on_change)
        for topic in _PLACES:
            live.off(topic, on_place)
        for task in listeners.values():
            await _end(task)
        with contextlib.suppress(Exception):
            await db.fetch("UPDATE pd_account SET lease_until = NULL WHERE lease_owner = {}", me)


async def _tend(me: str, listeners: dict[int, asyncio.Task[None]]) -> None:
    """Renew what is ours, take what is free, end what was switched off or put into the sandbox."""
    now = datetime.now(UTC)
    rows = await db.fetch(
        "UPDATE pd_account SET lease_owner = {}, lease_until = {} WHERE enabled = {} "
        "AND client NOT IN (SELECT id FROM pd_client WHERE sandbox = {}) "
        "AND (lease_owner = {} OR lease_until IS NULL OR lease_until < {}) RETURNING id, client, market, channel",
        me,
        now + LEASE,
        True,
        True,
        me,
        now,
    )
    wanted = {}
    for row in rows:
        found = channels.find_channel(row["channel"], Scope(row["client"], row["market"]))
        if found is not None and type(found[1]).listen is not Channel.listen:
            wanted[row["id"]] = found[1]
    for account in [each for each in listeners if each not in wanted]:
        await _end(listeners.pop(account))
    for account, task in list(listeners.items()):
        # One that came to an end by itself has nothing to hear; one that broke down must not stay silent for good.
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            log.error("account %s: listening broke down and begins again", account, exc_info=error)
            del listeners[account]
    for account, channel in wanted.items():
        if account not in listeners:
            listeners[account] = asyncio.create_task(_listen(account, channel), name=f"listen to account {account}")


async def _listen(account_id: int, channel: Channel) -> None:
    failures = 0
    while True:
        started = asyncio.get_running_loop().time()
        try:
            account = await channels.load(account_id)
            await channel.listen(AccountDoor(account))
            return
        except NotFound as error:
            await _trouble(account_id, error.words)
            return
        except PolydeskError as error:
            log.warning("account %s: %s", account_id, error)
            await _trouble(account_id, error.words)
        except Exception as error:
            log.warning("account %s: %s", account_id, error, exc_info=log.isEnabledFor(logging.DEBUG))
            await _trouble(account_id, str(error) or type(error).__name__)
        # A line that held for a while starts its count of failures anew.
        failures = 1 if asyncio.get_running_loop().time() - started > 60 else failures + 1
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** (failures - 1))
        await asyncio.sleep(wait * random.uniform(0.7, 1.3))  # noqa: S311 - jitter, not a secret


async def _trouble(account: int, reason: str | Text) -> None:
    with contextlib.suppress(OSError):
        rows = await db.fetch(
            "UPDATE pd_account SET trouble = {}, trouble_since = COALESCE(trouble_since, {}) WHERE id = {} "
            "RETURNING client",
            db.clean(i18n.keep(reason))[:1000],
            datetime.now(UTC),
            account,
        )
        if rows:
            live.signal(rows[0]["client"], "health", account)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError, Exception):
        await task

"""Read what arrived, in a job: the channel says what it is, and what it is decides who goes on."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec

from polydesk import db, hooks, i18n, jobs, live, plugins
from polydesk.channel import Channel
from polydesk.channels import inspecting
from polydesk.channels import service as channels
from polydesk.contacts import identify
from polydesk.conversations import delivery, marking, receiving
from polydesk.errors import NotFound, TryLater, Unreadable
from polydesk.i18n import N_
from polydesk.inbound import service as inbound
from polydesk.plugins import health
from polydesk.types import (
    Account,
    AccountNews,
    Arrival,
    Echo,
    Elsewhere,
    HandlesChanged,
    JobKind,
    Message,
    Nothing,
    Parsed,
    Reaction,
    Revision,
    Scope,
    SeenUntil,
    StatusUpdate,
    Text,
)

log = logging.getLogger("polydesk.inbound")
PARSE_SECONDS = 60.0
_RETRY_WITHOUT_PLUGIN = 300.0
_SOON = 1.0
"""For how many seconds those that arrived together wait for each other."""
_PATIENCE = 600.0
"""For how many seconds news may be ahead of the message it is about."""
_FIRST_WAIT, _LONGEST_WAIT = 2.0, 600.0
_KINDS = get_args(Parsed)


class _Nonsense(msgspec.Struct, frozen=True):
    """Bytes that nothing could be made of, and why."""

    reason: str


class _Read(msgspec.Struct, frozen=True):
    """An arrival and what its channel made of it."""

    row: dict[str, Any]
    account: Account
    channel: Channel
    parsed: Parsed | _Nonsense


async def _read(job: jobs.Job) -> None:
    """Several arrivals at once; those that fail together are read one by one."""
    ids = job.args["arrivals"] if "arrivals" in job.args else [job.args["arrival"]]
    holes = ", ".join(["{}"] * len(ids))
    rows = await db.fetch(f"SELECT * FROM pd_arrival WHERE id IN ({holes}) AND state = 'new' ORDER BY id", *ids)
    if len(rows) == 1:
        await _settle([await _parsed(rows[0])], [], job)
        return
    reads, later = await _parsed_soon(rows)
    try:
        await _settle(reads, later, job)
    except jobs.Stale:
        raise
    except Exception as error:
        log.info("%d arrivals are read one by one: %s", len(rows), error)
        async with db.transaction():
            await _alone([(row["id"], 0.0) for row in rows], job)
            await job.complete()


async def _parsed_soon(rows: list[dict[str, Any]]) -> tuple[list[_Read], list[tuple[int, float]]]:
    """What can be read at once; what takes its time (a picture to be fetched) must not keep the others waiting."""
    tasks = [asyncio.create_task(_parsed(row)) for row in rows]
    await asyncio.wait(tasks, timeout=_SOON)
    reads: list[_Read] = []
    later: list[tuple[int, float]] = []
    for row, task in zip(rows, tasks, strict=True):
        if not task.done():
            task.cancel()
            later.append((row["id"], 0.0))
            continue
        try:
            reads.append(task.result())
        except jobs.Again as again:
            later.append((row["id"], again.after))
        except Exception:
            # Alone it says what is wrong with it.
            later.append((row["id"], 0.0))
    await asyncio.gather(*tasks, return_exceptions=True)
    return reads, later


async def _settle(reads: list[_Read], later: list[tuple[int, float]], job: jobs.Job) -> None:
    """Everything into one transaction with the end of the job; `later` are arrivals to be read again after seconds."""
    prepared = [
        await receiving.prepare(each.account, each.row["id"], each.parsed, each.channel)
        for each in reads
        if isinstance(each.parsed, Message)
    ]
    async with db.transaction():
        if keys := sorted({key for each in prepared for key in each.lock}):
            await db.lock(*keys)
        for each in prepared:
            await receiving.receive(each)
        for read in reads:
            if isinstance(read.parsed, Message):
                continue
            if len(reads) == 1:
                await _apply(read)
                continue
            try:
                async with db.savepoint():
                    await _apply(read)
            except jobs.Again as again:
                later = [*later, (read.row["id"], again.after)]
        await _alone(later, job)
        await job.complete()


async def _alone(ids: list[tuple[int, float]], job: jobs.Job) -> None:
    for each, after in ids:
        await jobs.enqueue("inbound.read", {"arrivals": [each]}, client=job.client, after=after)


async def _parsed(row: dict[str, Any]) -> _Read:
    """What an arrival says; `Again` while that cannot be known yet."""
    try:
        account = await channels.load(row["account"])
    except NotFound:
        raise jobs.Again(_RETRY_WITHOUT_PLUGIN, jobs.PLUGIN_IS_OFF) from None
    found = channels.find_channel(account.channel, Scope(account.client, account.market))
    if found is None:
        raise jobs.Again(_RETRY_WITHOUT_PLUGIN, jobs.PLUGIN_IS_OFF)
    plugin, channel = found
    attempt = int(_hints(row).get("attempt", 1))
    arrival = Arrival(
        external_id=row["external_id"],
        raw=await inbound.bytes_of(row),
        hints={"arrived_at": row["arrived_at"], **_hints(row), "attempt": attempt},
    )
    try:
        parsed = await _parse(plugin, channel.parse(arrival, account))
    except TryLater as error:
        await _count_attempt(row, attempt)
        wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(attempt - 1, 12))
        raise jobs.Again(max(wait, error.after), str(error)) from None
    return _Read(row, account, channel, parsed)


async def _apply(read: _Read) -> None:
    """Anything but a message: change what it is about and settle the bytes; inside a transaction."""
    row, account = read.row, read.account
    match read.parsed:
        case _Nonsense():
            await _end(row, "unreadable", read.parsed.reason)
        case StatusUpdate() as news:
            item = await delivery.update(account, news)
            _wait_for(item, row, "news of a message that this desk did not send")
            await _end(row, "status" if item else "nothing", news.reason if item else _UNKNOWN, item)
        case SeenUntil() as news:
            await _end(row, "status" if await delivery.seen_until(account, news) else "nothing", "")
        case Reaction() | Revision() as mark:
            item = await marking.mark(account, mark)
            _wait_for(item, row, "a mark on a message that is not known here")
            await _end(row, "done" if item else "nothing", "" if item else _UNKNOWN, item)
        case Echo() as echo:
            await _end(row, "done", "", await marking.echo(account, echo))
        case HandlesChanged() as changed:
            known = await identify.add_handles(account.client, changed.known, changed.now)
            await _end(row, "done" if known else "nothing", "" if known else "nobody of that name")
        case AccountNews() as news:
            await inspecting.apply(account, news)
            await _end(row, "done", "")
        case Elsewhere() as elsewhere:
            await _hand_over(row, account, elsewhere)
        case Nothing() as nothing:
            await _end(row, "nothing", nothing.reason)


_UNKNOWN = "about a message that is not known here"


def _wait_for(item: int | None, row: dict[str, Any], reason: str) -> None:
    """News may overtake its message, or the answer that names it: then it is read again, for a while."""
    arrived = db.moment(row["arrived_at"]) or datetime.now(UTC)
    age = (datetime.now(UTC) - arrived).total_seconds()
    if item is None and age < _PATIENCE:
        raise jobs.Again(max(_FIRST_WAIT, age), reason)


async def _hand_over(row: dict[str, Any], account: Account, parsed: Elsewhere) -> None:
    """To the account it is for; without one, it waits in sight until there is one."""
    other = await channels.at(account.channel, parsed.address)
    if other is None or other.id == account.id:
        words = Text(
            N_("This is for {address}, which is not set up here. Connect it as an account, then read this again."),
            {"address": parsed.address},
        )
        await _end(row, "unreadable", i18n.keep(words))
        return
    taken = await db.fetch(
        "SELECT id FROM pd_arrival WHERE account = {} AND external_id = {}", other.id, row["external_id"]
    )
    if taken:
        await _end(row, "duplicate", f"the same as arrival {taken[0]['id']}")
        return
    await db.fetch("UPDATE pd_arrival SET account = {}, client = {} WHERE id = {}", other.id, other.client, row["id"])
    await jobs.enqueue("inbound.read", {"arrivals": [row["id"]]}, client=other.client)


async def _parse(plugin: plugins.Plugin, parsing: Any) -> Parsed | _Nonsense:
    """What the channel makes of the bytes; a plugin that fails is named in its health too."""
    try:
        async with asyncio.timeout(PARSE_SECONDS):
            parsed = await parsing
    except TryLater:
        raise
    except Unreadable as error:
        return _Nonsense(i18n.keep(error.words))
    except TimeoutError:
        reason = f"reading it took longer than {PARSE_SECONDS:g} s"
    except Exception as error:
        log.exception("plugin %s could not read an arrival", plugin.name)
        reason = f"{type(error).__name__}: {error}"
    else:
        if isinstance(parsed, _KINDS):
            return parsed  # type: ignore[no-any-return]
        reason = f"parse returned {type(parsed).__name__}"
    await health.failed(plugin.name, f"{hooks.polydesk_channels.__name__}: parse", reason)
    return _Nonsense(reason)


def _hints(row: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.json.decode(row["hints"])
    return found


async def _count_attempt(row: dict[str, Any], attempt: int) -> None:
    hints = msgspec.json.encode({**_hints(row), "attempt": attempt + 1}).decode()
    await db.fetch("UPDATE pd_arrival SET hints = {} WHERE id = {}", hints, row["id"])


async def _end(row: dict[str, Any], state: str, reason: str, item: int | None = None) -> None:
    await db.fetch(
        "UPDATE pd_arrival SET state = {}, reason = {}, item = {}, settled_at = {} WHERE id = {}",
        state,
        db.clean(reason)[:2000],
        item,
        datetime.now(UTC),
        row["id"],
    )
    if state == "unreadable":
        live.signal(row["client"], "health", row["account"])


JOBS = (JobKind(name="inbound.read", handler=_read),)

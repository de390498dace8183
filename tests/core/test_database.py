"""What the rest of the program may take for granted of the database, on SQLite and on Postgres alike."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from polydesk import db
from polydesk.db import TransactionFailed
from polydesk.errors import Conflict, MissingReference
from polydesk.jobs.tables import JobRow
from polydesk.scopes.tables import ClientRow, MarketRow
from polydesk.testing.fixtures import TestDesk

pytestmark = pytest.mark.usefixtures("desk")


async def add(name: str, key: str | None = None) -> int:
    rows: Any = await JobRow.insert(
        JobRow(name=name, args="{}", uniq=key, run_at=datetime.now(UTC), created_at=datetime.now(UTC))
    ).returning(JobRow.id)
    return int(rows[0]["id"])


async def names() -> list[str]:
    return [row["name"] for row in await db.fetch("SELECT name FROM pd_job WHERE every = 0 ORDER BY id")]


async def test_a_failed_transaction_leaves_nothing_behind() -> None:
    with pytest.raises(KeyError):
        async with db.transaction():
            await add("a")
            await db.fetch(
                "INSERT INTO pd_job (name, args, state, run_at, token, attempts, every, error, progress_done,"
                " progress_total, created_at) VALUES ('b', '', '', {}, 0, 0, 0, '', 0, 0, {})",
                datetime.now(UTC),
                datetime.now(UTC),
            )
            raise KeyError
    assert await names() == []


async def test_a_nested_transaction_is_part_of_the_outer_one() -> None:
    with pytest.raises(KeyError):
        async with db.transaction():
            async with db.transaction():
                await add("inner")
            raise KeyError
    assert await names() == []


async def test_an_error_inside_a_nested_transaction_cannot_be_half_kept() -> None:
    async def inner() -> None:
        async with db.transaction():
            await add("inner")
            raise KeyError

    with pytest.raises(TransactionFailed):
        async with db.transaction():
            await add("outer")
            with pytest.raises(KeyError):
                await inner()
    assert await names() == []


async def test_a_taken_key_is_a_conflict_and_a_savepoint_outlives_it() -> None:
    async with db.transaction():
        await add("first", "key")
        with pytest.raises(Conflict):
            async with db.savepoint():
                await add("second", "key")
        await add("third")
    assert await names() == ["first", "third"]
    with pytest.raises(Conflict):
        await add("fourth", "key")


async def test_after_a_failed_statement_nothing_more_goes_into_the_transaction() -> None:
    with pytest.raises(TransactionFailed):
        async with db.transaction():
            await add("first", "key")
            with pytest.raises(Conflict):
                await add("second", "key")
            await add("third")
    assert await names() == []


async def test_a_row_that_points_nowhere_is_told_as_such() -> None:
    with pytest.raises(MissingReference):
        async with db.transaction():
            await MarketRow.insert(MarketRow(client=4711, name="Nowhere", code="XX"))
    assert await ClientRow.count() == 0


async def test_callbacks_run_after_the_commit_and_never_after_a_rollback() -> None:
    heard: list[str] = []
    db.on_commit(lambda: heard.append("at once"))
    async with db.transaction():
        db.on_commit(lambda: heard.append("committed"))
        db.on_commit(lambda: 1 // 0)
        async with db.transaction():
            db.on_commit(lambda: heard.append("inner"))
        assert heard == ["at once"]
    assert heard == ["at once", "committed", "inner"]
    with pytest.raises(KeyError):
        async with db.transaction():
            db.on_commit(lambda: heard.append("never"))
            raise KeyError
    assert "never" not in heard


async def test_a_cancelled_task_gives_the_database_back() -> None:
    inside = asyncio.Event()

    async def dawdle() -> None:
        async with db.transaction():
            await add("cancelled")
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(dawdle())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(5):
        await add("next")
    assert await names() == ["next"]


async def test_tasks_cancelled_at_any_moment_never_block_the_others() -> None:
    async def work(number: int) -> None:
        async with db.transaction():
            await add(f"job {number}")

    for round in range(40):
        tasks = [asyncio.create_task(work(number)) for number in range(4)]
        for _ in range(round % 12):
            await asyncio.sleep(0)
        tasks[0].cancel()
        tasks[2].cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    async with asyncio.timeout(5):
        await add("last")
    found = await names()
    assert found[-1] == "last"
    assert found.count("job 1") == found.count("job 3") == 40


async def test_a_task_started_inside_a_transaction_outlives_it() -> None:
    go = asyncio.Event()

    async def later() -> None:
        await go.wait()
        await add("later")

    async with db.transaction():
        task = asyncio.create_task(later())
        await add("now")
    go.set()
    await task
    assert await names() == ["now", "later"]


async def test_tasks_that_count_up_together_lose_no_step() -> None:
    first = await add("counter")

    async def count() -> None:
        for _ in range(25):
            async with db.transaction():
                await db.lock("counter", "another")
                rows = await db.fetch("SELECT attempts FROM pd_job WHERE id = {}", first)
                await db.fetch("UPDATE pd_job SET attempts = {} WHERE id = {}", rows[0]["attempts"] + 1, first)

    await asyncio.gather(*(count() for _ in range(8)))
    assert (await db.fetch("SELECT attempts FROM pd_job WHERE id = {}", first))[0]["attempts"] == 200


async def test_raw_sql_takes_values_lists_and_braces(desk: TestDesk) -> None:
    first, second = await add("one"), await add("two")
    rows = await db.fetch(
        "SELECT id, '{\"a\": 1}' AS text FROM pd_job WHERE id IN {} AND name <> {} ORDER BY id", [first, second], "x"
    )
    assert [row["id"] for row in rows] == [first, second]
    assert rows[0]["text"] == '{"a": 1}'
    assert await db.fetch("SELECT id FROM pd_job WHERE id IN {}", []) == []
    with pytest.raises(ValueError, match="2 arguments"):
        await db.fetch("SELECT {}", 1, 2)


async def test_times_come_back_as_they_went_in() -> None:
    when = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
    await add("timed")
    await db.fetch("UPDATE pd_job SET run_at = {}", when)
    rows = await db.fetch("SELECT run_at, max(run_at) OVER () AS newest FROM pd_job")
    assert rows[0]["run_at"] == when
    assert db.moment(rows[0]["newest"]) == when


@pytest.mark.parametrize(("given", "kept"), [("a\x00b", "ab"), ("naïve \ud800", "naïve ?"), ("plain", "plain")])
async def test_cleaned_text_fits_both_databases(given: str, kept: str) -> None:
    await add(db.clean(given))
    assert await names() == [kept]


async def test_a_slow_question_does_not_hold_up_the_others(desk: TestDesk) -> None:
    count = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < {}) SELECT count(*) AS n FROM c"
    for _ in range(5):
        await db.fetch(count, 10)
    await db.fetch(count, 100_000)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.001)
            ticks += 1

    ticker = asyncio.create_task(tick())
    rows = await db.fetch(count, 1_500_000)
    ticker.cancel()
    assert rows == [{"n": 1_500_000}]
    assert ticks > 20


async def test_many_quick_questions_leave_room_for_others(desk: TestDesk) -> None:
    turns = 0

    async def wait_for_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(wait_for_turns())
    for _ in range(2000):
        await db.fetch("SELECT id FROM pd_job WHERE id = {}", 1)
    other.cancel()
    assert turns > 5

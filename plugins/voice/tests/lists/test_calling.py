"""Who is called, when, and what comes of it; the calls are the machine's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from polydesk import Invalid, NotFound, db
from polydesk.conversations import assigning
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice.calls import wrapping_up
from polydesk_voice.lists import dialling, never, outcomes, progressing, results, service
from polydesk_voice.lists import next as coming
from polydesk_voice.lists.service import DialList
from polydesk_voice.lists.settings import Result
from polydesk_voice.phones import service as phones

from .conftest import BOB, EVE, IDA, NOON, Dialler


async def called(dialler: Dialler, it: DialList, now: datetime = NOON) -> int:
    """The next one is called by Ana; the call."""
    found = await coming.take(it, dialler.agent.id, now)
    assert found is not None
    made = await dialling.dial(it, found["id"], dialler.agent.id, now)
    await dialler.desk.work()
    return made


async def answered(dialler: Dialler) -> str:
    """Ana picks up, then they do; their party."""
    await dialler.office.picks_up()
    return await dialler.office.picks_up()


async def wrapped(dialler: Dialler, result: str = "", callback_at: datetime | None = None) -> None:
    """They hang up, and Ana says what came of it."""
    party = await answered(dialler)
    await dialler.office.over(party)
    call = (await dialler.office.call())["id"]
    await wrapping_up.finish(dialler.agent, call, result=result, callback_at=callback_at)
    await dialler.desk.work()


async def test_a_call_from_preview_to_a_goal(dialler: Dialler) -> None:
    it = await dialler.make(IDA, BOB)
    first = await coming.take(it, dialler.agent.id, NOON)
    again = await coming.take(it, dialler.agent.id, NOON)
    assert first is not None
    assert again is not None
    assert (first["phone"], again["id"]) == (IDA, first["id"])
    call = await called(dialler, it)
    entry = await dialler.entry()
    assert (entry["state"], entry["attempts"], entry["call"], entry["held_by"]) == ("calling", 1, call, None)
    row = await dialler.office.call()
    assert (row["direction"], row["called"], row["list_entry"], row["queue"]) == ("out", IDA, entry["id"], it.queue)
    assert entry["contact"] == row["contact"]
    await wrapped(dialler, "Success")
    entry = await dialler.entry()
    assert (entry["state"], entry["outcome"], entry["result"]) == ("done", "answered", "Success")
    assert await dialler.attempts() == [("answered", "Success", dialler.agent.id)]
    found = await outcomes.outcomes(await service.get(dialler.owner, it.id))
    assert (found.attempts, found.reached, found.successes) == (1, 1, 1)
    assert found.conversion == (1, 1)
    assert found.results["Success"] == 1
    assert [(each.name, each.attempts, each.reached, each.successes) for each in found.agents] == [("Ana", 1, 1, 1)]
    assert found.people == {"done": 1, "untried": 1}


@pytest.mark.parametrize(("progress", "outcome"), [("busy", "busy"), ("no_answer", "no_answer"), ("failed", "failed")])
async def test_whoever_is_not_reached_is_tried_again_and_at_last_left(
    dialler: Dialler, progress: Any, outcome: str
) -> None:
    it = await dialler.make(IDA, attempts=2, wait_busy=10, wait_no_answer=20, wait_failed=30)
    for attempt in (1, 2):
        await db.fetch("UPDATE voice_list_entry SET due_at = {}", NOON)
        await called(dialler, it)
        await dialler.office.picks_up()
        before = datetime.now(UTC)
        await dialler.office.over(f"leg-{dialler.office.provider.dialled[-1].id}", progress)
        await dialler.desk.work()
        assert (await phones.of(dialler.agent.id)).state == "idle"
        entry = await dialler.entry()
        assert (entry["attempts"], entry["outcome"]) == (attempt, outcome)
        if attempt == 1:
            wait = {"busy": 10, "no_answer": 20, "failed": 30}[outcome]
            assert entry["state"] == "waiting"
            assert entry["due_at"] - before >= timedelta(minutes=wait) - timedelta(seconds=5)
            assert await coming.following(it, dialler.agent.id, NOON) is None
    assert entry["state"] == "done"
    assert [outcome for outcome, _result, _person in await dialler.attempts()] == [outcome, outcome]


async def test_an_agents_phone_that_rings_in_vain_is_no_attempt(dialler: Dialler) -> None:
    it = await dialler.make(IDA, attempts=1)
    await called(dialler, it)
    party = dialler.office.provider.dialled[-1]
    await dialler.office.over(f"leg-{party.id}", "no_answer")
    await dialler.desk.work(ahead=90)
    entry = await dialler.entry()
    assert (entry["state"], entry["attempts"], entry["call"], entry["outcome"]) == ("waiting", 0, None, "")
    assert await dialler.attempts() == []


async def test_what_an_agent_chooses_decides(dialler: Dialler) -> None:
    it = await dialler.make(IDA, attempts=2, wait_again=60)
    await called(dialler, it)
    await wrapped(dialler, "Not the right moment")
    entry = await dialler.entry()
    assert (entry["state"], entry["result"], entry["promised"]) == ("waiting", "Not the right moment", False)
    assert entry["due_at"] > datetime.now(UTC) + timedelta(minutes=50)
    await db.fetch("UPDATE voice_list_entry SET due_at = {}", NOON)
    await called(dialler, it)
    await wrapped(dialler, "Not the right moment")
    assert (await dialler.entry())["state"] == "done", "all attempts are used up"


async def test_a_promised_call_comes_first_and_from_the_same_agent(dialler: Dialler) -> None:
    ben = await dialler.office.agent("Ben")
    it = await dialler.make(IDA, BOB, EVE)
    await called(dialler, it)
    await wrapped(dialler, "Wants to be called back", NOON + timedelta(hours=1))
    entry = await dialler.entry()
    assert (entry["state"], bool(entry["promised"]), entry["person"]) == ("waiting", True, dialler.agent.id)
    later = NOON + timedelta(hours=1, minutes=1)
    assert (await coming.following(it, dialler.agent.id, NOON) or {})["phone"] == BOB
    assert (await coming.following(it, dialler.agent.id, later) or {})["phone"] == IDA
    assert (await coming.following(it, ben.id, later) or {})["phone"] == BOB
    # After hours of waiting for Ana anybody keeps the promise.
    assert (await coming.following(it, ben.id, NOON + timedelta(hours=6)) or {})["phone"] == IDA


async def test_a_promise_is_kept_beyond_the_last_attempt(dialler: Dialler) -> None:
    it = await dialler.make(IDA, attempts=1)
    await called(dialler, it)
    await wrapped(dialler, "Wants to be called back", NOON)
    assert (await dialler.entry())["state"] == "waiting"


async def test_never_again_holds_for_the_whole_client(dialler: Dialler) -> None:
    it = await dialler.make(IDA)
    other = await dialler.make(IDA, BOB)
    await called(dialler, it)
    await wrapped(dialler, "Does not want calls")
    assert await never.holds(dialler.client, IDA)
    rows = await db.fetch("SELECT list, state FROM voice_list_entry WHERE phone = {} ORDER BY list", IDA)
    assert [(row["list"], row["state"]) for row in rows] == [(it.id, "never"), (other.id, "never")]
    assert (await coming.following(other, dialler.agent.id, NOON) or {})["phone"] == BOB
    (entry,) = (await never.listing(dialler.owner, dialler.client))[0]
    assert (entry.phone, entry.person) == (IDA, dialler.agent.id)


async def test_no_is_looked_up_again_when_the_button_is_pressed(dialler: Dialler) -> None:
    it = await dialler.make(IDA)
    found = await coming.take(it, dialler.agent.id, NOON)
    assert found is not None
    # Straight into the table, as if another process had done it in this very moment.
    await db.fetch(
        "INSERT INTO voice_do_not_call (client, phone, reason, at) VALUES ({}, {}, '', {})", dialler.client, IDA, NOON
    )
    with pytest.raises(Invalid, match="Nobody may call"):
        await dialling.dial(it, found["id"], dialler.agent.id, NOON)
    assert (await dialler.entry())["state"] == "never"
    assert dialler.office.provider.dialled == []
    assert await db.fetch("SELECT id FROM voice_call") == []


@pytest.mark.parametrize(
    ("zones", "hour", "allowed"),
    [
        ("Europe/Paris", 7, False),
        ("Europe/Paris", 9, True),
        ("America/New_York", 12, False),
        ("America/New_York", 15, True),
        ("America/Los_Angeles America/New_York", 15, False),
        ("America/Los_Angeles America/New_York", 18, True),
        ("Asia/Tokyo", 9, True),
        ("Asia/Tokyo", 11, False),
    ],
)
async def test_people_are_called_in_their_own_daytime(dialler: Dialler, zones: str, hour: int, allowed: bool) -> None:
    it = await dialler.make()
    number = await dialler.add(it.id, IDA, zones, due_at=NOON - timedelta(days=1))
    await service.set_state(dialler.owner, it.id, "running")
    now = NOON.replace(hour=hour)
    assert (await coming.following(it, dialler.agent.id, now) is not None) == allowed
    if not allowed:
        with pytest.raises(Invalid, match="too early or too late"):
            await dialling.dial(it, number, dialler.agent.id, now)


async def test_hours_days_and_holidays_are_the_places(dialler: Dialler) -> None:
    it = await dialler.make(IDA)
    scope = Scope(dialler.client)
    await places.keep(scope, dial_from="13:00", dial_until="14:00")
    assert await coming.following(it, dialler.agent.id, NOON) is None
    assert await coming.following(it, dialler.agent.id, NOON + timedelta(minutes=60)) is not None
    await places.keep(scope, dial_days="mon-tue")
    assert await coming.following(it, dialler.agent.id, NOON) is None
    await places.keep(scope, holidays="11-18")
    assert await coming.following(it, dialler.agent.id, NOON) is None
    await places.keep(scope)
    assert await coming.following(it, dialler.agent.id, NOON) is not None


async def test_two_agents_never_have_the_same_person(dialler: Dialler) -> None:
    ben = await dialler.office.agent("Ben")
    it = await dialler.make(IDA, BOB)
    mine = await coming.take(it, dialler.agent.id, NOON)
    his = await coming.take(it, ben.id, NOON)
    assert mine is not None
    assert his is not None
    assert (mine["phone"], his["phone"]) == (IDA, BOB)
    with pytest.raises(Invalid, match="colleague"):
        await dialling.dial(it, mine["id"], ben.id, NOON)
    await dialling.let_go(ben, it)
    later = await coming.take(it, dialler.agent.id, NOON + coming.HELD + timedelta(seconds=1))
    assert later is not None


async def test_skipping_needs_a_reason_and_brings_them_back_later(dialler: Dialler) -> None:
    it = await dialler.make(IDA, BOB, wait_again=30)
    found = await coming.take(it, dialler.agent.id, NOON)
    assert found is not None
    with pytest.raises(Invalid):
        await dialling.skip(dialler.agent, it, found["id"], " ", NOON)
    await dialling.skip(dialler.agent, it, found["id"], "At work until six", NOON)
    with pytest.raises(NotFound):
        await dialling.skip(dialler.agent, it, found["id"], "again", NOON)
    following = await coming.take(it, dialler.agent.id, NOON)
    assert following is not None
    assert following["phone"] == BOB
    await db.fetch("UPDATE voice_list_entry SET state = 'done' WHERE phone = {}", BOB)
    assert await coming.following(it, 0, NOON + timedelta(minutes=29)) is None
    assert (await coming.following(it, 0, NOON + timedelta(minutes=31)) or {})["phone"] == IDA
    (attempt,) = await outcomes.attempts(found["id"])
    assert (attempt.outcome, attempt.remark, attempt.name) == ("skipped", "At work until six", "Ana")
    assert (await outcomes.outcomes(it)).attempts == 0


async def test_a_busy_phone_or_a_resting_list_calls_nobody(dialler: Dialler) -> None:
    it = await dialler.make(IDA, BOB)
    first = await coming.take(it, dialler.agent.id, NOON)
    assert first is not None
    await db.fetch("UPDATE voice_phone SET state = 'talking' WHERE person = {}", dialler.agent.id)
    with pytest.raises(Invalid, match="telephone"):
        await dialling.dial(it, first["id"], dialler.agent.id, NOON)
    entry = await dialler.entry()
    assert (entry["state"], entry["attempts"]) == ("waiting", 0)
    assert await db.fetch("SELECT id FROM voice_call") == []
    await db.fetch("UPDATE voice_phone SET state = 'idle'")
    await service.set_state(dialler.owner, it.id, "paused")
    with pytest.raises(Invalid, match="not running"):
        await dialling.dial(it, first["id"], dialler.agent.id, NOON)


async def test_progressive_gives_one_call_to_each_who_is_ready(dialler: Dialler) -> None:
    ben = await dialler.office.agent("Ben")
    cleo = await dialler.office.agent("Cleo")
    await assigning.set_presence(cleo, "away")
    await db.fetch("UPDATE voice_phone SET since = {} WHERE person = {}", NOON, dialler.agent.id)
    it = await dialler.make(IDA, BOB, EVE, pacing="progressive")
    assert await progressing.ready(it) == [dialler.agent.id, ben.id] or set(await progressing.ready(it)) == {
        dialler.agent.id,
        ben.id,
    }
    first = await progressing.go_on(it, NOON)
    assert len(first) == 1, "the line takes one call a second, and each is two"
    await db.fetch("DELETE FROM pd_pace")
    second = await progressing.go_on(it, NOON)
    assert len(second) == 1
    await db.fetch("DELETE FROM pd_pace")
    assert await progressing.go_on(it, NOON) == [], "nobody else is ready"
    people = await db.fetch("SELECT person FROM voice_call ORDER BY id")
    assert {row["person"] for row in people} == {dialler.agent.id, ben.id}
    await dialler.desk.work()
    assert (await phones.of(ben.id)).state == "ringing"


async def test_whoever_waits_in_the_queue_comes_before_any_list(dialler: Dialler) -> None:
    it = await dialler.make(IDA, pacing="progressive")
    await assigning.set_presence(dialler.agent, "away")
    caller = await dialler.office.rings("+995555000999")
    await dialler.office.waits(caller)
    await db.fetch("UPDATE voice_call SET queue = {}, state = 'queued'", it.queue)
    await assigning.set_presence(dialler.agent, "ready")
    assert await progressing.go_on(it, NOON) == []


async def test_a_list_is_done_when_nobody_is_left(dialler: Dialler) -> None:
    from polydesk import jobs

    it = await dialler.make(IDA)
    await db.fetch("UPDATE voice_list_entry SET state = 'done'")
    await jobs.enqueue("voice.lists")
    await dialler.desk.work()
    assert (await service.get(dialler.owner, it.id)).state == "done"


async def test_an_unknown_result_or_a_call_of_no_list_changes_nothing(dialler: Dialler) -> None:
    it = await dialler.make(IDA)
    call = await called(dialler, it)
    row = (await db.fetch("SELECT * FROM voice_call WHERE id = {}", call))[0]
    before = await dialler.entry()
    await results.wrapped_up(row, "Made up")
    await results.wrapped_up(row, "")
    await results.ended({**row, "list_entry": None}, "busy")
    await results.ended({**row, "list_entry": 999}, "busy")
    assert await dialler.entry() == before
    assert await results.choices(before["id"]) == it.settings.results
    assert Result(label="Success", effect="success") in await results.choices(before["id"])
    assert await results.choices(999) == ()

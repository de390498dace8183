"""What several items together mean."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk_voice import items
from polydesk_voice.figures.events import CalledBack, Event, Sorter, Told, Wait
from polydesk_voice.figures.intervals import Grid
from polydesk_voice.figures.occupying import divided
from polydesk_voice.figures.resolving import Again, Handled, judge

NINE = datetime(2026, 7, 1, 9, tzinfo=UTC)


def event(kind: str, after: float, *, call: int = 1, person: int | None = None, **told: object) -> Event:
    return Event(
        kind=kind,
        at=NINE + timedelta(seconds=after),
        contact=1,
        conversation=1,
        person=person,
        told=Told(call=call, **told),  # type: ignore[arg-type]
    )


def fed(*events: Event) -> tuple[Sorter, list[Wait | CalledBack]]:
    sorter = Sorter()
    return sorter, [come for each in events if (come := sorter.feed(each)) is not None]


def test_a_wait_that_is_queued_again_goes_on() -> None:
    _sorter, come = fed(
        event(items.QUEUED, 0, queue=2),
        event(items.UNANSWERED, 20, queue=2),
        event(items.QUEUED, 20, queue=2),
        event(items.ANSWERED, 31, queue=2, queued_at=NINE, waited=31.0),
    )
    assert come == [Wait(call=1, queue=2, entered=NINE, end="answered", waited=31.0, at=NINE + timedelta(seconds=31))]


def test_another_queue_offers_the_call_anew() -> None:
    _sorter, come = fed(
        event(items.QUEUED, 0, queue=2),
        event(items.LEFT, 60, queue=2, waited=60.0, why="overflow"),
        event(items.QUEUED, 60, queue=3),
        event(items.LEFT, 65, queue=3, waited=5.0, why="abandoned"),
    )
    assert [(each.queue, each.end, each.waited) for each in come if isinstance(each, Wait)] == [
        (2, "left", 60.0),
        (3, "abandoned", 5.0),
    ]


def test_a_call_back_is_no_new_offer() -> None:
    _sorter, come = fed(
        event(items.QUEUED, 0, queue=2),
        event(items.LEFT, 70, queue=2, waited=70.0, why="callback"),
        event(items.BEGAN, 590, call=8, direction="out"),
        event(items.ENDED, 600, call=8, direction="out", outcome="busy"),
        event(items.BEGAN, 900, call=9, direction="out"),
        event(items.ANSWERED, 910, call=9),
    )
    assert isinstance(come[0], Wait)
    assert (come[0].end, come[0].why) == ("left", "callback")
    assert come[1:] == [CalledBack(queue=2, asked=NINE + timedelta(seconds=70), seconds=840.0)]


def test_closed_is_blocked_and_who_still_waits_is_known() -> None:
    sorter, come = fed(event(items.LEFT, 0, queue=4, why="closed"), event(items.QUEUED, 1, queue=2))
    assert [each.end for each in come if isinstance(each, Wait)] == ["blocked"]
    assert [(each.queue, each.end) for each in sorter.still_waiting()] == [(2, "waiting")]


def test_a_full_queue_offers_nothing() -> None:
    sorter, come = fed(event(items.BLOCKED, 0, queue=4), event(items.QUEUED, 0, queue=2))
    assert [(each.queue, each.end, each.entered) for each in come if isinstance(each, Wait)] == [(4, "blocked", NINE)]
    assert [each.queue for each in sorter.still_waiting()] == [2]


def test_wrap_up_belongs_to_its_agents_part() -> None:
    sorter, _come = fed(
        event(items.TALKED, 100, person=5, queue=2, talk=90.0, hold=10.0, began_at=NINE, transferred=True),
        event(items.TALKED, 200, person=6, queue=3, talk=80.0, hold=0.0, began_at=NINE),
        event(items.WRAPPED_UP, 230, person=5, queue=2, seconds=30.0, category="Refund", resolved=False),
    )
    first, second = sorter.parts
    assert (first.after, first.topic, first.resolved, first.transferred) == (30.0, "Refund", False, True)
    assert (second.after, second.resolved) == (0.0, None)


def test_who_comes_back_was_not_helped_the_first_time() -> None:
    def call(number: int, topic: str = "Refund", dropped: bool = False) -> Handled:
        return Handled(call=number, contact=number, ended=NINE, topic=topic, dropped=dropped)

    days = timedelta(days=1)
    later = {
        1: [Again(at=NINE + 3 * days, topic="Refund", call=99)],
        2: [Again(at=NINE + 3 * days, topic="Delivery")],
        3: [Again(at=NINE + 3 * days)],
        4: [Again(at=NINE + 8 * days, topic="Refund")],
        5: [Again(at=NINE + timedelta(minutes=9), topic="", call=98)],
        6: [Again(at=NINE + timedelta(minutes=9), topic="", call=97)],
        7: [Again(at=NINE - timedelta(minutes=5), call=7)],
    }
    handled = [call(n) for n in (1, 2, 3, 4)] + [call(5, dropped=True), call(6), call(7)]
    judged = {each.call: (resolved, final) for each, resolved, final in judge(handled, later, NINE + 5 * days)}
    assert judged == {
        1: (False, True),
        2: (True, False),
        3: (False, True),
        4: (True, False),
        5: (True, False),
        6: (False, True),
        7: (True, False),
    }
    assert all(final for _each, _resolved, final in judge(handled, later, NINE + 7 * days))


def test_a_second_of_an_agent_counts_once() -> None:
    def at(minutes: int) -> datetime:
        return NINE + timedelta(minutes=minutes)

    grid = Grid(NINE.date(), NINE.date(), UTC, 30)
    spans = [
        ("ready", at(-60), at(40)),
        ("talking", at(10), at(20)),
        ("talking", at(15), at(35)),
        ("wrapping_up", at(35), at(36)),
        ("away", at(40), at(50)),
        ("ready", at(50), None),
    ]
    found = {each.clock: (busy, idle) for each, busy, idle in divided(spans, grid, at(55))}
    assert found["09:00"] == (20 * 60, 10 * 60)
    assert found["09:30"] == (6 * 60, 4 * 60 + 5 * 60)
    assert found["08:00"] == (0, 30 * 60)
    assert sum(busy + idle for busy, idle in found.values()) == (60 + 40 + 5) * 60

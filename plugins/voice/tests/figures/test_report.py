"""Reports and screens over a timeline that is known to the second."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta

import httpx
import pytest

from polydesk import db
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import sign_in
from polydesk.timeline import service as timeline
from polydesk.types import Scope
from polydesk_voice import items
from polydesk_voice.figures import files, formulas, metrics, now
from polydesk_voice.figures.report import Asked, By, Report, report
from polydesk_voice.queueing import settings as queueing
from polydesk_voice.queueing.settings import QueueSettings

from .conftest import BEGAN, Past, moment

LATER = BEGAN + timedelta(days=30)


async def asked(past: Past, by: By = "interval", viewer: Viewer | None = None, now: datetime = LATER) -> Report:
    viewer = viewer or past.owner
    some = tuple(await queues.list_queues(viewer))
    return await report(viewer, Asked(queues=some, first=date(2026, 7, 1), last=date(2026, 7, 1), by=by), now)


async def test_each_figure_counts_in_the_interval_it_belongs_to(past: Past) -> None:
    ida = await past.contact()
    await past.answered(ida, 0, 20.0, talk=100.0, hold=20.0, after=30.0)
    await past.answered(ida, 100, 20.5)
    # Waits from 9:29:50 until 9:30:40: offered in the first half hour, answered in the second.
    await past.answered(ida, 1790, 50.0, after=500.0)
    await past.gives_up(ida, 200, 4.0)
    await past.gives_up(ida, 210, 30.0)
    await past.gives_up(ida, 220, 70.0, why="callback")
    await past.gives_up(ida, 230, 0.0, why="closed")
    found = await asked(past)
    assert [(row.clock, row.tally.offered, len(row.tally.waits)) for row in found.rows] == [
        ("09:00", 6, 2),
        ("09:30", 0, 1),
    ]
    first, second = (row.tally for row in found.rows)
    assert (first.answered, first.abandoned, first.short, first.left, first.blocked) == (3, 2, 1, 1, 1)
    assert formulas.service_level(first, 20) == (1, 4)
    assert formulas.service_level(first, 60) == (3, 4)
    assert formulas.service_level(second, 20).value is None
    assert formulas.speed_of_answer(first).value == 20.25
    assert formulas.handle_time(first).value == pytest.approx((150 + 70) / 2)
    assert second.after == 60.0, "after-call work counts up to the queue's limit"
    assert formulas.abandonment(first) == (1, 4)
    assert first.callbacks == 1
    assert found.total.met[90, 60] == (0, 1)
    assert found.targets == ((80, 20), (90, 60))


async def test_targets_are_the_queues_own(past: Past) -> None:
    await queueing.save(past.queue, QueueSettings(targets_line="50/25", short_abandon=40))
    ida = await past.contact()
    await past.answered(ida, 0, 20.5)
    await past.gives_up(ida, 210, 30.0)
    found = await asked(past, "queue")
    assert found.targets == ((50, 25),)
    (row,) = found.rows
    assert formulas.service_level(row.tally, 25) == (1, 1)
    assert row.met[50, 25] == (1, 1)


async def test_calls_of_our_own_and_transfers(past: Past) -> None:
    ida = await past.contact()
    other = await queues.save_queue(past.owner, client=past.client, market=past.market, name="Second line")
    out = await past.begins(ida, 0, "out")
    await out(items.ANSWERED, 20, past.owner.id, queue=None)
    await out(items.TALKED, 90, past.owner.id, queue=past.queue, talk=70.0, hold=0.0, began_at=moment(20))
    note = await past.begins(ida, 100)
    await note(items.QUEUED, 100, queue=past.queue)
    await note(items.ANSWERED, 110, past.owner.id, queue=past.queue, queued_at=moment(100), waited=10.0)
    await note(
        items.TALKED,
        200,
        past.owner.id,
        queue=past.queue,
        talk=90.0,
        hold=0.0,
        began_at=moment(110),
        transferred="blind",
    )
    await note(items.QUEUED, 200, queue=other)
    await note(items.ANSWERED, 230, past.owner.id, queue=other, queued_at=moment(200), waited=30.0)
    await note(items.TALKED, 300, past.owner.id, queue=other, talk=70.0, hold=0.0, began_at=moment(230), transferred="")
    await note(items.ENDED, 300, direction="in", outcome="answered", by="contact")
    found = await asked(past, "queue")
    by_name = {row.queue.name: row.tally for row in found.rows if row.queue is not None}
    assert formulas.transfer_rate(by_name["Orders"]) == (1, 1)
    assert formulas.transfer_rate(by_name["Second line"]) == (0, 1)
    assert formulas.transfer_rate(found.total.tally) == (1, 1)
    assert formulas.handle_time(found.total.tally).value == 80
    assert formulas.end_to_end(found.total.tally).value == 160
    assert found.total.tally.offered == 2


async def test_resolution_both_ways(past: Past) -> None:
    helped, back, wrote = await past.contact("Helped"), await past.contact("Back"), await past.contact("Wrote")
    await past.answered(helped, 0, 5.0, category="Refund", resolved=True)
    await past.answered(back, 600, 5.0, category="Refund", resolved=True)
    await past.answered(wrote, 1200, 5.0, category="Refund", resolved=False)
    two_days = 2 * 86400.0
    await past.answered(back, two_days, 5.0, category="Refund")
    # Another matter is no repeat.
    await past.answered(helped, two_days, 5.0, category="Delivery")
    row = await db.fetch(
        "INSERT INTO pd_conversation (client, market, contact, status, channel, category, opened_at, last_at) "
        "VALUES ({}, {}, {}, 'open', 'email', 'Refund', {}, {}) RETURNING id",
        past.client,
        past.market,
        wrote,
        moment(two_days),
        moment(two_days),
    )
    await db.fetch(
        "INSERT INTO pd_item (client, contact, conversation, kind, direction, occurred_at) "
        "VALUES ({}, {}, {}, 'message', 'in', {})",
        past.client,
        wrote,
        row[0]["id"],
        moment(two_days),
    )
    soon = await asked(past, now=BEGAN + timedelta(hours=1))
    assert formulas.fcr_repeat(soon.total.tally) == (3, 3)
    assert soon.total.tally.provisional == 3
    final = await asked(past)
    assert formulas.fcr_repeat(final.total.tally) == (1, 3)
    assert final.total.tally.provisional == 0
    assert formulas.fcr_agent(final.total.tally) == (2, 3)


async def test_occupancy_is_cut_at_the_interval(past: Past) -> None:
    for state, begins, ends in (("ready", -600, 600), ("talking", 600, 2400), ("wrapping_up", 2400, 2700)):
        await db.fetch(
            "INSERT INTO voice_agent_time (person, state, began_at, ended_at) VALUES ({}, {}, {}, {})",
            past.owner.id,
            state,
            moment(begins),
            moment(ends),
        )
    found = await asked(past)
    assert {row.clock: formulas.occupancy(row.tally) for row in found.rows} == {
        "08:30": (0, 1200 - 600),
        "09:00": (1200, 1800),
        "09:30": (900, 900),
    }
    assert formulas.occupancy(found.total.tally) == (2100, 3300)


async def test_callbacks_are_timed_in_opening_hours(past: Past) -> None:
    from polydesk_voice import places

    await places.keep(Scope(past.client, past.market), hours="mon-fri 09:00-10:00")
    ida = await past.contact()
    # Asked at 9:30, called back at 9:15 on the next day.
    await past.gives_up(ida, 1800 - 70, 70.0, why="callback")
    rows = await db.fetch("SELECT id FROM pd_conversation")
    for kind, at, more in ((items.BEGAN, 87300 - 20, {"direction": "out"}), (items.ANSWERED, 87300, {})):
        await timeline.append(
            kind,
            client=past.client,
            contact=ida,
            conversation=int(rows[0]["id"]),
            data={"call": 99, **more},
            occurred_at=moment(at),
        )
    found = await asked(past)
    assert found.total.tally.called_back == [45 * 60]


async def test_people_see_their_own_market_only(past: Past) -> None:
    ida = await past.contact()
    await past.answered(ida, 0, 5.0)
    wide = await queues.save_queue(
        past.owner, client=past.client, market=None, name="Everybody", members=(past.owner.id,)
    )
    await past.answered(ida, 60, 5.0, queue=wide)
    france = await scopes.create_market(
        past.client, code="FR", name="France", languages=("fr",), time_zone="Europe/Paris"
    )
    await people.invite(
        past.owner, name="Fay", email="fay@example.org", client=past.client, market=france, role="supervisor"
    )
    fay = await staff.viewer_by_id(
        (await db.fetch("SELECT id FROM pd_person WHERE email = 'fay@example.org'"))[0]["id"]
    )
    assert (await asked(past)).total.tally.offered == 2
    theirs = await asked(past, viewer=fay)
    assert [queue.name for queue in theirs.asked.queues] == ["Everybody"]
    assert theirs.total.tally.offered == 0


async def test_now_is_one_query_and_says_the_same(past: Past) -> None:
    ida = await past.contact()
    await past.answered(ida, 0, 10.0)
    await past.answered(ida, 3600, 30.0)
    await past.gives_up(ida, 3700, 90.0)
    await past.gives_up(ida, 3700, 2.0)
    some = await queues.list_queues(past.owner)
    found = (await now.levels(some, moment(4000)))[past.queue]
    assert [(target, today, lately) for target, today, lately in found.levels()] == [
        ((80, 20), (1, 3), (0, 2)),
        ((90, 60), (2, 3), (1, 2)),
    ]
    assert await now.levels([]) == {}


async def test_metrics_are_computed_for_a_scope(past: Past) -> None:
    ida = await past.contact()
    await past.answered(ida, 0, 10.0)
    await past.answered(ida, 60, 30.0)
    known = {each.name: each for each in metrics.metrics()}
    since, until = BEGAN - timedelta(hours=2), BEGAN + timedelta(hours=8)
    scope = Scope(past.client, past.market)
    assert await known["voice.service_level_20"].compute(scope, since, until) == 0.5
    assert await known["voice.offered"].compute(scope, since, until) == 2
    assert await known["voice.asa"].compute(scope, since, until) == 20
    assert await known["voice.asa"].compute(scope, since - timedelta(days=9), until - timedelta(days=9)) is None


async def test_the_file_has_numerators_denominators_and_no_formulas(past: Past) -> None:
    ida = await past.contact()
    await queues.save_queue(
        past.owner,
        client=past.client,
        market=past.market,
        name="=HYPERLINK(1)",
        queue=past.queue,
    )
    await past.answered(ida, 0, 10.0)
    await past.gives_up(ida, 30, 50.0)
    rows = list(csv.reader(io.StringIO(files.table(await asked(past, "queue")).lstrip("\ufeff"))))
    head, first, total = rows
    at = head.index("Service level 80/20")
    assert first[0] == "'=HYPERLINK(1)"
    assert first[at : at + 3] == ["0.5", "1", "2"]
    assert total[0] == "Total"


async def test_the_screen(client: httpx.AsyncClient, past: Past) -> None:
    await sign_in(client, past.owner.id)
    address = "/p/voice/figures?period=other&from=2026-07-01&to=2026-07-01"
    empty = await client.get(address)
    assert "No calls in this period" in empty.text
    ida = await past.contact()
    await past.answered(ida, 0, 10.0, resolved=True)
    for by in ("interval", "day", "queue"):
        page = await client.get(f"{address}&by={by}")
        assert page.status_code == 200
        assert "100.0%" in page.text
        assert "Speed of answer" in page.text
    assert "Europe/Berlin" in page.text
    wild = await client.get(
        "/p/voice/figures?period=other&from=1&to=9999-12-31&queue=x&queue=99999999999999999999&by=z"
    )
    assert wild.status_code == 200
    sheet = await client.get(f"/p/voice/figures.csv{address.partition('figures')[2]}")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert "attachment" in sheet.headers["content-disposition"]


async def test_agents_have_no_figures(client: httpx.AsyncClient, past: Past) -> None:
    await people.invite(past.owner, name="Al", email="al@example.org", client=past.client, market=None, role="agent")
    al = (await db.fetch("SELECT id FROM pd_person WHERE email = 'al@example.org'"))[0]["id"]
    await sign_in(client, al)
    assert (await client.get("/p/voice/figures")).status_code == 403
    assert (await client.get("/p/voice/figures.csv")).status_code == 403

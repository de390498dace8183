"""The matrix of plugins: what holds where and why, switched by cell and by many, seen at once, taken back exactly."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import httpx
import pytest
from polydesk_stranger import plugin as stranger
from tests.board import Board
from tests.core.made_packages import environment

from polydesk import db, live
from polydesk.admin import matrix, switching
from polydesk.admin.matrix import Wanted
from polydesk.admin.switching import Bulk
from polydesk.errors import Conflict, Forbidden, NotFound
from polydesk.scopes import service as scopes
from polydesk.scopes import switches
from polydesk.scopes import switching as raw
from polydesk.scopes.switches import Cell
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk, sign_in
from polydesk.types import Scope

HTML = {"Accept": "text/html"}


class Places:
    """Two clients; the second has two markets."""

    def __init__(self, owner: Viewer, first: int, second: int, spain: int, italy: int) -> None:
        self.owner, self.first, self.second, self.spain, self.italy = owner, first, second, spain, italy


@pytest.fixture
async def places(board: Board) -> Places:
    second = await scopes.create_client("Glovo", languages=("en",))
    spain = await scopes.create_market(second, code="ES", name="Spain", languages=("es",), time_zone="Europe/Madrid")
    italy = await scopes.create_market(second, code="IT", name="Italy", languages=("it",), time_zone="Europe/Rome")
    live.signal(0, "scopes")
    owner = await staff.viewer_by_id(board.owner.id)
    return Places(owner, board.owner.clients[0], second, spain, italy)


async def _admin(places: Places, market: int | None) -> Viewer:
    await people.invite(
        places.owner, name="Ana", email="ana@example.org", client=places.second, market=market, role="admin",
        speaks=("en",),
    )  # fmt: skip
    person = next(each for each in await people.list_people(places.owner) if each.name == "Ana")
    return await staff.viewer_by_id(person.id)


def _cells(found: matrix.Matrix, plugin: str = "stranger") -> dict[Scope, matrix.CellView]:
    row = next(each for each in found.rows if each.name == plugin)
    return {column.scope: cell for column, cell in zip(found.columns, row.cells, strict=True)}


async def test_a_cell_says_what_holds_and_where_that_comes_from(places: Places) -> None:
    await switching.change(places.owner, {Cell("stranger", places.second): False})
    cells = _cells(await matrix.matrix(places.owner, Wanted(opened=frozenset({places.second}))))
    assert (cells[Scope()].on, cells[Scope()].own) == (True, None)
    assert (cells[Scope(places.second)].on, cells[Scope(places.second)].own) == (False, False)
    spain = cells[Scope(places.second, places.spain)]
    assert (spain.on, spain.own, spain.source) == (False, None, (places.second, None))
    await switching.change(places.owner, {Cell("stranger", places.second, places.spain): True})
    folded = _cells(await matrix.matrix(places.owner, Wanted()))
    assert folded[Scope(places.second)].differs == 1
    assert switches.is_on("stranger", Scope(places.second, places.spain))
    await switching.change(places.owner, {Cell("stranger", places.second, places.spain): None})
    assert not switches.is_on("stranger", Scope(places.second, places.spain)), "inherited again"


async def test_a_change_of_many_is_taken_back_to_exactly_what_was(places: Places) -> None:
    await switching.change(places.owner, {Cell("stranger", places.first): True})
    bulk = Bulk(do="switch", names=("stranger", "email"), places=(Scope(places.first), Scope(places.second)), to=False)
    planned = await switching.planned(places.owner, bulk)
    assert len(planned) == 4
    number = await switching.change(places.owner, planned)
    assert not switches.is_on("email", Scope(places.second, places.italy))
    line = next(each for each in await switching.history(places.owner) if each.change.id == number)
    assert len(line.cells) == 4
    assert line.change.who == places.owner.name
    assert await switching.undo(places.owner, number) == 4
    assert switches.given("stranger") == {(places.first, None): True}, "its own switch is there again"
    assert switches.given("email") == {}
    with pytest.raises(Conflict):
        await switching.undo(places.owner, number)


async def test_taking_back_is_refused_when_a_switch_was_changed_since(places: Places) -> None:
    number = await switching.change(places.owner, {Cell("stranger"): False, Cell("email"): False})
    await switching.change(places.owner, {Cell("email"): True})
    with pytest.raises(Conflict, match="email"):
        await switching.undo(places.owner, number)
    assert not switches.is_on("stranger", Scope()), "all of it or nothing"


async def test_who_chose_by_an_old_screen_is_told(places: Places) -> None:
    await switching.change(places.owner, {Cell("email"): False})
    with pytest.raises(Conflict):
        await switching.change(places.owner, {Cell("email"): True}, was={Cell("email"): None})


async def test_copying_makes_places_alike_and_clearing_makes_them_inherit(places: Places) -> None:
    await switching.change(places.owner, {Cell("email", places.first): False, Cell("stranger"): False})
    copy = Bulk(do="copy", names=("email", "stranger"), places=(Scope(places.second),), source=Scope(places.first))
    planned = await switching.planned(places.owner, copy)
    assert planned == {Cell("email", places.second): False}, "what is alike already stays inherited"
    await switching.change(places.owner, planned)
    clear = Bulk(do="clear", names=("email",), places=(Scope(places.first), Scope(places.second)), markets=True)
    await switching.change(places.owner, await switching.planned(places.owner, clear))
    assert switches.given("email") == {}


async def test_rights_end_with_the_viewers_reach(places: Places) -> None:
    local = await _admin(places, places.spain)
    found = await matrix.matrix(local, Wanted())
    assert [(column.scope, column.may) for column in found.columns] == [
        (Scope(), False),
        (Scope(places.second), False),
        (Scope(places.second, places.spain), True),
    ]
    await switching.change(local, {Cell("stranger", places.second, places.spain): False})
    with pytest.raises(NotFound):
        await switching.change(local, {Cell("stranger", places.second, places.italy): False})
    with pytest.raises(NotFound):
        await switching.change(local, {Cell("stranger", places.first): False})
    with pytest.raises(Forbidden):
        await switching.change(local, {Cell("stranger"): False})
    number = await switching.change(places.owner, {Cell("stranger", places.first): False})
    assert number not in [line.change.id for line in await switching.history(local)]
    with pytest.raises(NotFound):
        await switching.undo(local, number)


async def test_search_filter_and_pages(places: Places) -> None:
    for number in range(25):
        await scopes.create_client(f"Client {number:02}", languages=("en",))
    owner = await staff.viewer_by_id(places.owner.id)
    found = await matrix.matrix(owner, Wanted())
    assert (found.clients, found.pages) == (27, 3)
    assert len(found.columns) == 11
    by_market = await matrix.matrix(owner, Wanted(place="spain"))
    assert [column.name for column in by_market.columns] == ["", "Glovo", "Spain"]
    await switching.change(owner, {Cell("stranger", places.first): False})
    assert [row.name for row in (await matrix.matrix(owner, Wanted(state="off"))).rows] == ["stranger"]
    assert [row.name for row in (await matrix.matrix(owner, Wanted(q="strang"))).rows] == ["stranger"]


async def test_a_lost_line_heals(places: Places) -> None:
    """A signal that never came: after the line is back, what the database says holds."""
    await db.fetch("INSERT INTO pd_plugin_switch (plugin, enabled) VALUES ('stranger', {})", False)
    assert switches.is_on("stranger", Scope())
    seen = asyncio.Event()
    live.on("switched", heard := lambda _signal: seen.set())
    try:
        live.here("resync")
        await asyncio.wait_for(seen.wait(), 5)
    finally:
        live.off("switched", heard)
    assert not switches.is_on("stranger", Scope())


async def test_a_command_beside_a_desk_without_redis_is_heard(live_desk: LiveDesk) -> None:
    before = switches.is_on("stranger", Scope())
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polydesk", "plugin", "switch", "stranger", "off",
        env=environment(live_desk.settings, Path(stranger.__file__).parents[1]),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    said, errors = await run.communicate()
    assert run.returncode == 0, errors.decode()
    assert "polydesk plugin undo" in said.decode()
    async with asyncio.timeout(10):
        while switches.is_on("stranger", Scope()):
            await asyncio.sleep(0.05)
    assert before


async def test_the_screens_work_without_a_script_and_with_htmx(places: Places, client: httpx.AsyncClient) -> None:
    await sign_in(client, places.owner.id)
    page = await client.get("/admin/plugins/matrix", headers=HTML)
    assert page.status_code == 200
    name = f"stranger.{places.second}.0.n"
    assert f'name="{name}"' in page.text
    token = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    done = await client.post("/admin/plugins/cells", data={"_csrf_token": token, name: "off"}, headers=HTML)
    assert done.status_code == 303
    assert not switches.is_on("stranger", Scope(places.second))
    asked = {**HTML, "HX-Request": "true", "HX-Target": "tr#row-stranger", "x-csrftoken": token}
    line = await client.post(
        f"/admin/plugins/cells?open={places.second}",
        data={f"stranger.{places.second}.{places.spain}.n": "on"},
        headers=asked,
    )
    assert line.status_code == 200
    assert line.text.startswith('<tr id="row-stranger">')
    assert "On" in line.text
    late = await client.post("/admin/plugins/cells", data={name: "on"}, headers=asked)
    assert "polydesk:said" in late.headers["hx-trigger"], "somebody was faster, and the line is as it is now"
    for path in (f"/admin/plugins/at/{places.second}/{places.spain}", "/admin/plugins/at/0/0", "/admin/plugins/history",
                 "/admin/plugins/bulk", f"/admin/plugins/matrix?open={places.second}"):  # fmt: skip
        answer = await client.get(path, headers=HTML)
        assert answer.status_code == 200, (path, answer.text)
    form = {"_csrf_token": token, "do": "switch", "to": "off", "plugin": "email"}
    preview = await client.post("/admin/plugins/bulk", data=form, headers=HTML)
    assert "2 switches would change" in preview.text
    assert switches.is_on("email", Scope(places.first)), "a look changes nothing"
    seen = preview.text.split('name="seen" value="')[1].split('"')[0]
    done = await client.post("/admin/plugins/bulk", data={**form, "seen": seen}, headers=HTML)
    assert done.status_code == 303
    assert not switches.is_on("email", Scope(places.first))
    number = done.headers["location"].rpartition("-")[2]
    await client.post(f"/admin/plugins/history/{number}/undo", data={"_csrf_token": token}, headers=HTML)
    assert switches.is_on("email", Scope(places.first))


async def test_a_pack_switches_inside_its_own_transaction(places: Places) -> None:
    async with db.transaction():
        await raw.change({Cell("email", places.second): False}, None)
    await raw.watching.look()
    assert not switches.is_on("email", Scope(places.second))


@pytest.mark.skipif("POLYDESK_TEST_REDIS" not in os.environ, reason="needs Postgres and Redis")
async def test_two_web_and_two_worker_processes_follow_within_a_second() -> None:
    from bench import toggle

    found = await toggle.measure(rounds=1)
    assert found.worst < 1.0, found.took

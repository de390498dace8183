"""A plugin that is off in a place does not exist there: for every plugin that is installed, and all it contributes.

Client A has each plugin off, client B has it on (and off in one of B's markets). Nothing is sampled: the plugins come
from the entry points, the things from what each contributed.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from importlib.metadata import entry_points
from typing import Any

import httpx
import msgspec
import pytest
from litestar.routes import HTTPRoute
from tests.board import Board

from polydesk import db, hooks, jobs, live, plugins
from polydesk.channels import service as channels
from polydesk.conversations.screens import telling
from polydesk.conversations.views import Entry
from polydesk.plugins.kinds import kind_of, specifications
from polydesk.scopes import service as scopes
from polydesk.scopes import switching
from polydesk.scopes.switches import Cell
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.staff.within import within
from polydesk.testing.fixtures import sign_in
from polydesk.types import JobKind, Scope
from polydesk.web import shell
from polydesk.web.app import create_app

PLUGINS = sorted({entry.name for entry in entry_points(group="polydesk")})
HTML = {"Accept": "text/html"}


class Two:
    """Client A, where the plugin is off, and B, where it is on; of B's markets, `on` has it and `off` has not."""

    def __init__(self, a: int, b: int, on: int, off: int, of_a: Viewer, of_b: Viewer) -> None:
        self.a, self.b, self.on, self.off, self.of_a, self.of_b = a, b, on, off, of_a, of_b

    @property
    def where_off(self) -> tuple[Scope, ...]:
        return Scope(self.a), Scope(self.b, self.off)

    @property
    def where_on(self) -> tuple[Scope, ...]:
        return Scope(self.b), Scope(self.b, self.on)


@pytest.fixture(params=PLUGINS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
async def two(board: Board, name: str) -> Two:
    a = board.owner.clients[0]
    b = await scopes.create_client("Other", languages=("en",))
    on = await scopes.create_market(b, code="ES", name="Spain", languages=("es",), time_zone="UTC")
    off = await scopes.create_market(b, code="IT", name="Italy", languages=("it",), time_zone="UTC")
    live.signal(0, "scopes")
    owner = await staff.viewer_by_id(board.owner.id)
    found = []
    for client, who in ((a, "ana"), (b, "ben")):
        await people.invite(owner, name=who, email=f"{who}@example.org", client=client, market=None, role="admin",
                            speaks=("en",))  # fmt: skip
        person = next(each for each in await people.list_people(owner) if each.name == who)
        found.append(await staff.viewer_by_id(person.id))
    await switching.change({Cell(name): False, Cell(name, b): True, Cell(name, b, off): False}, None)
    return Two(a, b, on, off, *found)


@pytest.fixture
async def web(board: Board) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(board.desk.settings)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=board.desk.settings.address) as browser:
        browser.routes = app.routes  # type: ignore[attr-defined]
        yield browser


def _of(name: str, spec: Any, scope: Scope | None = None) -> list[Any]:
    return [entry for plugin, entry in plugins.collect(spec, scope) if plugin.name == name]


def test_every_contribution_is_thought_of() -> None:
    """A new kind of contribution must say here what off means for it."""
    known = {name for name, spec in specifications().items() if kind_of(spec) == "contribution"}
    said = {
        # Asked by place below.
        "polydesk_channels", "polydesk_strategies", "polydesk_slots", "polydesk_navigation", "polydesk_routers",
        "polydesk_jobs", "polydesk_schedules", "polydesk_metrics", "polydesk_question_kinds", "polydesk_settings",
        "polydesk_pack_parts",
        # What was written stays readable; the law knows no switches; rights mean nothing without what asks for them.
        "polydesk_item_kinds", "polydesk_personal_data", "polydesk_permissions",
        # For the installation, not for a place.
        "polydesk_demo", "polydesk_simulators", "polydesk_commands", "polydesk_themes",
    }  # fmt: skip
    assert known <= said, known - said


async def test_its_routes_are_not_there(two: Two, name: str, web: httpx.AsyncClient) -> None:
    for channel in _of(name, hooks.polydesk_channels):
        await _account(channel, two.a, None, "of-a")
        await _account(channel, two.b, two.on, "of-b")
        await _account(channel, two.b, two.off, "of-b-off")
    live.signal(0, "accounts")
    paths: list[tuple[str, str]] = []
    opened: list[tuple[str, str]] = []
    for route in web.routes:  # type: ignore[attr-defined]
        if isinstance(route, HTTPRoute) and (route.path + "/").startswith(f"/p/{name}/"):
            for each in route.route_handlers:
                for method in sorted(each.http_methods - {"OPTIONS", "HEAD"}):
                    # Without a session nobody is known: the address alone says whose it is.
                    (opened if each.opt.get("no_session") else paths).append((method, route.path))
    assert bool(paths) == bool(_of(name, hooks.polydesk_routers))
    for viewer, key, there in ((two.of_a, "of-a", False), (two.of_b, "of-b", True)):
        await sign_in(web, viewer.id)
        page = await web.get("/inbox", headers=HTML)
        headers = {**HTML, "x-csrftoken": page.text.split('data-csrf="')[1].split('"')[0]}
        answers = set()
        for method, path in paths:
            answer = await web.request(method, _filled(path, key), headers=headers)
            answers.add(answer.status_code)
            assert there or answer.status_code == 404, (method, path, answer.status_code)
            assert answer.status_code < 500, (method, path, answer.text)
        if there and paths:
            assert answers - {404}, f"nothing of {name} answers a person of B"
    web.cookies.clear()
    for method, path in opened:
        if "{" in path:
            for key, there in (("of-a", False), ("of-b-off", False), ("of-b", True)):
                answer = await web.request(method, _filled(path, key))
                assert (answer.status_code != 404) == there, (method, path, key, answer.status_code)
    await switching.change({Cell(name, two.b): False}, None)
    for method, path in (*paths, *opened):
        # A form without a token is refused before anybody looks where it goes.
        if method == "GET":
            answer = await web.get(_filled(path, "of-b"), headers=HTML)
            assert answer.status_code == 404, f"{path}: off everywhere, not even for strangers"


def _filled(path: str, key: str) -> str:
    return re.sub(r"\{[^}:]+:int\}", "0", re.sub(r"\{[^}:]+:(str|path)\}", key, path))


async def test_its_handlers_see_the_places_alone_where_it_is_on(two: Two, name: str) -> None:
    seen = within(two.of_b, name)
    assert seen is not None
    assert seen.sees(two.b, two.on)
    assert seen.sees(two.b, None)
    assert not seen.sees(two.b, two.off)
    assert within(two.of_a, name) is None
    for market, words in ((two.off, "Off"), (None, "Wide")):
        await db.fetch("INSERT INTO pd_queue (client, market, name, weights) VALUES ({}, {}, {}, {})",
                       two.b, market, words, "{}")  # fmt: skip
    rows = await db.fetch(f"SELECT q.name FROM pd_queue q WHERE {seen.bound('q')} ORDER BY q.name")
    assert [row["name"] for row in rows] == ["Wide"]


async def test_nothing_of_it_is_in_the_rail(two: Two, name: str) -> None:
    paths = {entry.path for entry in _of(name, hooks.polydesk_navigation)}
    for viewer, there in ((two.of_a, False), (two.of_b, True)):
        rail = await shell.rail(viewer, "/inbox")
        shown = {place.path for place in rail["places"]} & paths
        assert shown == (paths if there else set())


async def test_nothing_it_contributes_by_place_is_there(two: Two, name: str) -> None:
    for spec in (
        hooks.polydesk_channels, hooks.polydesk_strategies, hooks.polydesk_slots, hooks.polydesk_metrics,
        hooks.polydesk_question_kinds, hooks.polydesk_settings, hooks.polydesk_pack_parts,
    ):  # fmt: skip
        everything = _of(name, spec)
        for scope in two.where_off:
            assert _of(name, spec, scope) == []
        for scope in two.where_on:
            assert _of(name, spec, scope) == everything


async def test_it_hears_and_answers_nothing(two: Two, name: str) -> None:
    implemented = plugins.registry().plugins[name].hooks
    for hook, spec in specifications().items():
        if kind_of(spec) == "contribution":
            continue
        for scope in two.where_off:
            assert name not in plugins.listening(scope, spec), hook
        for scope in two.where_on:
            assert (name in plugins.listening(scope, spec)) == (hook in implemented), hook


async def test_no_account_can_be_made_listened_to_or_called(two: Two, name: str, web: httpx.AsyncClient) -> None:
    for channel in _of(name, hooks.polydesk_channels):
        for client, market in ((two.a, None), (two.b, two.off), (two.b, two.on)):
            await _account(channel, client, market, f"{client}-{market}")
        live.signal(0, "accounts")
        found = [(each.client, each.market) for each in await channels.enabled(channel.name)]
        assert found == [(two.b, two.on)], "webhooks and pollers see these"
        assert channel.name not in [each.name for each in channels.channels(Scope(two.a))]
        assert channel.name in [each.name for each in channels.channels(Scope(two.b))]
        await switching.change({Cell(name, two.b): False, Cell(name, two.b, two.on): False}, None)
        for path in (f"/hooks/{channel.name}", f"/hooks/{channel.name}/x"):
            assert (await web.post(path, content=b"{}")).status_code == 404
        await switching.change({Cell(name, two.b): True, Cell(name, two.b, two.on): None}, None)


async def _account(channel: Any, client: int, market: int | None, address: str) -> None:
    await db.fetch(
        "INSERT INTO pd_account (client, market, channel, name, address, settings, enabled) "
        "VALUES ({}, {}, {}, 'One', {}, {}, {})",
        client, market, channel.name, address, _settings(channel), True,
    )  # fmt: skip


def _settings(channel: Any) -> str:
    """Settings with what is required left as plain words: nobody reads them here."""
    values: dict[str, Any] = {}
    for field in msgspec.structs.fields(channel.settings):
        if field.required:
            values[field.encode_name] = "" if "str" in str(field.type) else 0
    return msgspec.json.encode(values).decode()


async def test_its_work_waits_and_goes_on_when_it_is_on_again(two: Two, name: str) -> None:
    ran: list[tuple[int | None, int | None]] = []

    async def note(job: jobs.Job) -> None:
        ran.append((job.client, job.market))

    kinds = _of(name, hooks.polydesk_jobs)
    for kind in kinds:
        jobs.register(JobKind(name=kind.name, handler=note), plugin=name)
    try:
        await db.fetch("DELETE FROM pd_job")
        for kind in kinds:
            for client, market in ((two.a, None), (two.b, None), (two.b, two.on), (two.b, two.off)):
                await jobs.enqueue(kind.name, client=client, market=market)
        await jobs.run_due()
        assert sorted(ran, key=str) == sorted([(two.b, None), (two.b, two.on)] * len(kinds), key=str)
        waiting = await jobs.listing("waiting", limit=500)
        assert {(each.client, each.market) for each in waiting} <= {(two.a, None), (two.b, two.off)}
        assert len(waiting) == 2 * len(kinds)
        assert all(each.off for each in waiting), "kept, and said why"
        await switching.change({Cell(name, two.a): True, Cell(name, two.b, two.off): None}, None)
        await jobs.run_due()
        assert ran.count((two.a, None)) == ran.count((two.b, two.off)) == len(kinds), "nothing is lost"
    finally:
        for kind in kinds:
            jobs.register(kind, plugin=name)


async def test_a_schedule_rests_only_while_it_is_off_everywhere(two: Two, name: str) -> None:
    ran: list[str] = []

    async def note(job: jobs.Job) -> None:
        ran.append(job.name)

    schedules, kinds = _of(name, hooks.polydesk_schedules), _of(name, hooks.polydesk_jobs)
    wanted = sorted(each.job for each in schedules)
    for kind in kinds:
        jobs.register(JobKind(name=kind.name, handler=note), plugin=name)
    try:
        await db.fetch("DELETE FROM pd_job WHERE name NOT IN {}", wanted or ["-"])
        await jobs.plant_schedules()
        await db.fetch("DELETE FROM pd_job WHERE name NOT IN {}", wanted or ["-"])
        await jobs.run_due()
        assert sorted(ran) == wanted, "it is on for B"
        ran.clear()
        await switching.change({Cell(name, two.b): False}, None)
        await db.fetch("UPDATE pd_job SET run_at = created_at WHERE state = 'queued'")
        await jobs.run_due()
        assert ran == []
        await switching.change({Cell(name, two.b): True}, None)
        await jobs.run_due()
        assert sorted(ran) == wanted
    finally:
        for kind in kinds:
            jobs.register(kind, plugin=name)


async def test_what_the_law_wants_is_given_all_the_same(two: Two, name: str) -> None:
    everything = _of(name, hooks.polydesk_personal_data)
    await switching.change({Cell(name, two.b): False, Cell(name, two.a): False}, None)
    assert _of(name, hooks.polydesk_personal_data) == everything
    for entry in everything:
        assert isinstance(await entry.export(0), dict)


async def test_an_item_of_it_still_reads(two: Two, name: str) -> None:
    for kind in _of(name, hooks.polydesk_item_kinds):
        values: dict[str, Any] = {
            field.name: field.default if field.default is not msgspec.NODEFAULT
            else field.default_factory() if field.default_factory is not msgspec.NODEFAULT else None
            for field in msgspec.structs.fields(Entry)
        }  # fmt: skip
        values |= {"id": 1, "kind": kind.name, "text": "words", "data": {"what": "pizza"}, "person_name": "Ann"}
        values["occurred_at"] = datetime.now(UTC)
        for scope in two.where_off:
            told = telling.told(Entry(**values), {}, scope)
            assert told.line
            assert told.link == "", "it leads nowhere while the plugin is off"

"""A plugin is found, checked, called where it is on, and named when it fails; the desk goes on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from polydesk_stranger import plugin as stranger
from tests.board import Board

from polydesk import PluginInfo, Strategy, Text, hookimpl, hooks, plugins
from polydesk.admin import service as admin
from polydesk.plugins import health
from polydesk.plugins.calling import BUDGET_SECONDS
from polydesk.plugins.kinds import specifications
from polydesk.scopes import switches
from polydesk.types import Handle, Message, Scope

Maker = Callable[..., EntryPoint]


@pytest.fixture
def make_plugin() -> Iterator[Maker]:
    """Makes an installed plugin of functions marked as hook implementations."""
    before = plugins.registry()
    made: list[str] = []

    def make(name: str, *functions: Any, requires: str = "", module: str = "", **attributes: Any) -> EntryPoint:
        module_name = module or f"made_{name}"
        made.append(module_name)
        found = ModuleType(module_name)
        found.PLUGIN = PluginInfo(label=Text(name), description=Text(""), requires=requires)  # type: ignore[attr-defined]
        for function in functions:
            setattr(found, function.__name__, hookimpl(function))
        for key, value in attributes.items():
            setattr(found, key, value)
        sys.modules[module_name] = found
        return EntryPoint(name, module_name, "polydesk")

    yield make
    for name in made:
        sys.modules.pop(name, None)
    plugins.use(before)


async def _use(*entries: EntryPoint) -> plugins.Registry:
    registry = plugins.load(entries)
    await switches.reload(frozenset(name for name, plugin in registry.plugins.items() if plugin.available))
    return registry


def polydesk_strategies() -> list[Strategy]:
    return []


async def test_a_strangers_plugin_and_ours_register_alike(board: Board) -> None:
    loaded = {plugin.name: plugin for plugin in plugins.registry().plugins.values()}
    assert loaded["stranger"].distribution == "polydesk-stranger"
    assert loaded["stranger"].version == "1.2.3"
    assert loaded["routing"].distribution == "polydesk"
    assert set(loaded["stranger"].hooks) == set(specifications()), "the stranger must use every hook"
    assert all(plugin.available for plugin in loaded.values()), [p.unavailable for p in loaded.values()]


async def test_unfit_plugins_are_named_with_the_reason_and_the_others_work(board: Board, make_plugin: Maker) -> None:
    def polydesk_channels() -> list[Any]:
        raise RuntimeError("no library")

    async def polydesk_no_such_hook() -> None: ...

    async def polydesk_metrics() -> list[Any]:
        return []

    def polydesk_contact_created(contact: Any) -> None: ...

    async def polydesk_message_sent(message: Any) -> None: ...

    def polydesk_navigation() -> Any:
        return "nonsense"

    def polydesk_jobs() -> list[Any]:
        from polydesk.types import JobKind

        return [JobKind(name="elsewhere.work", handler=None)]

    registry = await _use(
        make_plugin("good", polydesk_strategies),
        make_plugin("raises", polydesk_channels),
        make_plugin("unknown_hook", polydesk_no_such_hook),
        make_plugin("async_contribution", polydesk_metrics),
        make_plugin("sync_event", polydesk_contact_created),
        make_plugin("wrong_argument", polydesk_message_sent),
        make_plugin("nonsense", polydesk_navigation),
        make_plugin("foreign_job", polydesk_jobs),
        make_plugin("newer", requires=">=99"),
        make_plugin("no_info", PLUGIN=None),
        EntryPoint("missing", "there_is_no_such_module", "polydesk"),
        make_plugin("twin", module="made_twin_a"),
        make_plugin("twin", module="made_twin_b"),
    )
    why = {name: str(plugin.unavailable or "") for name, plugin in registry.plugins.items()}
    assert why.pop("good") == ""
    assert "no library" in why["raises"]
    assert "polydesk_no_such_hook" in why["unknown_hook"]
    assert "must be a plain function" in why["async_contribution"]
    assert "async def" in why["sync_event"]
    assert "message" in why["wrong_argument"]
    assert "item" in why["wrong_argument"]
    assert "list of NavigationEntry" in why["nonsense"]
    assert "foreign_job." in why["foreign_job"]
    assert ">=99" in why["newer"]
    assert "PLUGIN" in why["no_info"]
    assert "there_is_no_such_module" in why["missing"]
    assert "Two installed packages" in why["twin"]
    assert plugins.collect(hooks.polydesk_navigation) == []


async def test_events_reach_everyone_though_one_raises_and_one_hangs(board: Board, make_plugin: Maker) -> None:
    heard: list[str] = []

    async def raises(person: int) -> None:
        raise ValueError("I break")

    async def hangs(person: int) -> None:
        await asyncio.Event().wait()

    async def hears(person: int) -> None:
        heard.append("z")

    for function in (raises, hangs, hears):
        function.__name__ = "polydesk_presence_changed"
    await _use(make_plugin("a", raises), make_plugin("b", hangs), make_plugin("z", hears))
    await plugins.tell(Scope(), hooks.polydesk_presence_changed, person=1, presence="ready")
    assert heard == ["z"]
    recorded = {failure.plugin: failure.reason for failure in await plugins.recorded()}
    assert "I break" in recorded["a"]
    assert f"longer than {BUDGET_SECONDS:g} s" in recorded["b"]


async def test_decisions_and_questions_pass_over_failures(board: Board, make_plugin: Maker) -> None:
    asked: list[str] = []

    def decider(name: str, answer: int | None, *, fails: bool = False, **order: bool) -> Any:
        async def polydesk_match_contact(scope: Scope) -> int | None:
            asked.append(name)
            if fails:
                raise RuntimeError("broken")
            return answer

        return hookimpl(**order)(polydesk_match_contact) if order else polydesk_match_contact

    entries = [
        make_plugin("late", decider("late", 5)),
        make_plugin("alpha", decider("alpha", None)),
        make_plugin("beta", decider("beta", None, fails=True)),
        make_plugin("gamma", decider("gamma", 7)),
    ]
    first = make_plugin("zeta")
    sys.modules[first.value].polydesk_match_contact = decider("zeta", None, tryfirst=True)  # type: ignore[attr-defined]
    last = make_plugin("aaa")
    sys.modules[last.value].polydesk_match_contact = decider("aaa", 1, trylast=True)  # type: ignore[attr-defined]
    await _use(*entries, first, last)
    message = Message(external_id="1", sender=Handle("board", "bob"))
    answer = await plugins.decide(Scope(), hooks.polydesk_match_contact, scope=Scope(), message=message)
    assert answer is not None
    assert (answer.plugin.name, answer.value) == ("gamma", 7)
    assert asked == ["zeta", "alpha", "beta", "gamma"]
    answers = await plugins.ask(Scope(), hooks.polydesk_match_contact, scope=Scope(), message=message)
    assert {each.plugin.name: each.failure for each in answers if each.failure} == {"beta": "RuntimeError: broken"}


async def test_a_plugin_that_keeps_failing_rests_and_can_be_woken(board: Board, make_plugin: Maker) -> None:
    calls = 0

    async def polydesk_presence_changed(person: int) -> None:
        nonlocal calls
        calls += 1
        raise RuntimeError("again")

    await _use(make_plugin("weary", polydesk_presence_changed))
    for _ in range(health.FAILURES_TO_REST + 3):
        await plugins.tell(Scope(), hooks.polydesk_presence_changed, person=1, presence="ready")
    assert calls == health.FAILURES_TO_REST
    view = next(each for each in await admin.list_plugins(board.owner) if each.name == "weary")
    assert "again" in view.resting
    assert view.failures[0].hook == "polydesk_presence_changed"
    await admin.forget_failures(board.owner, "weary")
    await plugins.tell(Scope(), hooks.polydesk_presence_changed, person=1, presence="ready")
    assert calls == health.FAILURES_TO_REST + 1


async def test_a_hook_that_keeps_failing_rests_alone(board: Board, make_plugin: Maker) -> None:
    heard: list[int] = []

    async def polydesk_presence_changed(person: int) -> None:
        raise RuntimeError("again")

    async def polydesk_queue_entered(queue: int) -> None:
        heard.append(queue)

    await _use(make_plugin("torn", polydesk_presence_changed, polydesk_queue_entered))
    for _ in range(health.FAILURES_TO_REST + 1):
        await plugins.tell(Scope(), hooks.polydesk_presence_changed, person=1, presence="ready")
    await plugins.tell(Scope(), hooks.polydesk_queue_entered, queue=7)
    assert heard == [7]


async def test_switched_off_a_plugin_is_not_called_there(board: Board) -> None:
    client = board.owner.clients[0]
    await admin.switch_plugin(board.owner, "stranger", False, Scope(client))
    assert not plugins.listeners(Scope(client), hooks.polydesk_contact_created)
    assert plugins.listeners(Scope(client + 1), hooks.polydesk_contact_created)
    await admin.switch_plugin(board.owner, "stranger", True, Scope(client, None))
    assert plugins.listeners(Scope(client), hooks.polydesk_contact_created)


async def test_an_event_that_fails_does_not_stop_the_message(board: Board) -> None:
    stranger.ANSWERS["message_received_raises"] = True
    await board.write("bob", "Hi")
    await board.the_conversation()
    assert "I did not like that message" in {failure.reason.partition(": ")[2] for failure in await plugins.recorded()}


async def test_a_plugin_that_ends_the_process_on_import_is_named_instead(board: Board, tmp_path: Path) -> None:
    (tmp_path / "made_quitter.py").write_text("import sys\nsys.exit(3)\n")
    sys.path.insert(0, str(tmp_path))
    before = plugins.registry()
    try:
        registry = await _use(EntryPoint("quitter", "made_quitter", "polydesk"))
        assert str(registry.plugins["quitter"].unavailable) == "SystemExit: 3"
    finally:
        sys.path.remove(str(tmp_path))
        plugins.use(before)

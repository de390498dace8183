"""What plugins answer is looked at before it is used, and one that holds up the desk or eats its memory is named."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.board import Board

from polydesk import Text, guarded, hooks, plugins
from polydesk.plugins import health, watchdog
from polydesk.plugins.checking import misfit, promised
from polydesk.plugins.kinds import kind_of, specifications
from polydesk.types import NavigationEntry, Objection, Scope, Slot

from .test_plugins import Maker, _use, make_plugin

assert make_plugin
NONSENSE: tuple[Any, ...] = (
    7,
    -1.5,
    "words",
    b"bytes",
    [7],
    {"a": 7},
    {7: 7},
    object(),
    [object()],
    True,
    ("a",),
    print,
)


@pytest.mark.parametrize("name", sorted(n for n, spec in specifications().items() if kind_of(spec) != "contribution"))
def test_every_hook_that_answers_promises_a_type_that_nonsense_is_not(name: str) -> None:
    hint = promised(specifications()[name])
    refused = [value for value in NONSENSE if misfit(value, hint)]
    assert len(refused) >= len(NONSENSE) - 2, "at most one or two kinds of nonsense happen to fit"


def test_a_right_shape_with_wrong_words_inside_is_seen() -> None:
    assert misfit(Objection(reason=Text("no")), Objection) == ""
    assert "Objection.reason" in misfit(Objection(reason=5), Objection)  # type: ignore[arg-type]
    assert "NavigationEntry.path" in misfit(NavigationEntry(label=Text("a"), path=None), NavigationEntry)  # type: ignore[arg-type]
    assert "Slot.load" in misfit(Slot(place="a", template="b", load=5), Slot)


async def test_an_answer_that_makes_no_sense_is_left_out_and_named(board: Board, make_plugin: Maker) -> None:
    async def polydesk_has_questions(scope: Scope) -> bool:
        return "maybe"  # type: ignore[return-value]

    async def polydesk_match_contact(scope: Scope) -> int | None:
        return [1]  # type: ignore[return-value]

    await _use(make_plugin("odd", polydesk_has_questions, polydesk_match_contact))
    (answer,) = await plugins.ask(Scope(), hooks.polydesk_has_questions, scope=Scope())
    assert answer.value is None
    assert "not bool" in answer.failure
    assert await plugins.decide(Scope(), hooks.polydesk_match_contact, scope=Scope(), message=None) is None  # type: ignore[arg-type]
    assert {each.hook for each in await plugins.recorded()} == {"polydesk_has_questions", "polydesk_match_contact"}


def _written(tmp_path: Any, name: str, source: str) -> Any:
    import importlib.util

    path = tmp_path / f"made_{name}.py"
    path.write_text(source)
    spec = importlib.util.spec_from_file_location(f"made_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("name", "how"), [("sleeper", "time.sleep(30)"), ("spinner", "while True: pass")])
async def test_a_hook_that_blocks_is_broken_off_and_named(
    board: Board, make_plugin: Maker, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, name: str, how: str
) -> None:
    monkeypatch.setattr(watchdog, "NAME_AFTER", 0.3)
    monkeypatch.setattr(watchdog, "BREAK_AFTER", 1.0)
    module = _written(tmp_path, name, f"import time\nasync def polydesk_presence_changed(person):\n    {how}\n")
    await _use(make_plugin(name, module.polydesk_presence_changed, __file__=module.__file__))
    began = time.monotonic()
    async with watchdog.watching():
        await asyncio.sleep(0.1)
        await plugins.tell(Scope(), hooks.polydesk_presence_changed, person=1, presence="ready")
        assert time.monotonic() - began < 10
        await _until(f"made_{name}.py:3")
        (failure,) = await plugins.recorded()
    assert failure.plugin == name
    assert "held up the whole desk" in failure.reason
    assert health.resting(name, "polydesk_presence_changed")


async def test_a_hook_that_eats_memory_is_named_and_rests(
    board: Board, make_plugin: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guarded, "MOST_MEGABYTES", 60)

    async def polydesk_presence_changed(person: int) -> None:
        held = []
        for _time in range(5):
            held.append(b"x" * 40_000_000)
            await asyncio.sleep(0.3)

    await _use(make_plugin("hungry", polydesk_presence_changed))
    async with watchdog.watching():
        await asyncio.sleep(0.6)
        await plugins.tell(Scope(), hooks.polydesk_presence_changed, person=1, presence="ready")
        await _until("memory grew")
    assert health.resting("hungry", "polydesk_presence_changed")


async def _until(words: str) -> None:
    """Until that is on record: another thread brings it about."""
    async with asyncio.timeout(10):
        while not any(words in each.reason for each in await plugins.recorded()):
            await asyncio.sleep(0.02)

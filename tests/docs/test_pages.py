"""What the pages for plugin authors say is so: generated where it can be, and held against the code where not."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from polydesk import hooks
from polydesk.plugins.kinds import kind_of, specifications

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
MORE = (ROOT / "README.md", ROOT / "core/README.md")
PAGES = sorted([*DOCS.rglob("*.md"), *(ROOT / "plugins").glob("*/README.md"), *MORE])


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    found = importlib.util.spec_from_file_location("generate_hooks", DOCS / "generate_hooks.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def test_the_pages_of_hooks_are_as_hooks_py_says(generator: ModuleType) -> None:
    again = "run: python docs/generate_hooks.py"
    assert (DOCS / "plugins/hooks.md").read_text() == generator.page(), again
    assert (DOCS / "plugins/goals.md").read_text() == generator.goals(), again


def test_every_hook_serves_one_goal(generator: ModuleType) -> None:
    named = Counter(f"polydesk_{name}" for _goal, _words, names in generator.GOALS for name in names)
    assert set(named) == set(specifications())
    assert [name for name, times in named.items() if times > 1] == []


def test_every_hook_says_what_it_is_for() -> None:
    for spec in specifications().values():
        assert spec.__doc__, f"{spec.__name__} says nothing"
        assert kind_of(spec)
    assert hooks.__doc__


def test_what_is_called_public_is_there() -> None:
    page = (DOCS / "plugins/public.md").read_text()
    table = page.partition("|---|---|\n")[2].partition("\n\n")[0]
    modules = re.findall(r"`(polydesk[a-z_.]*)`", "\n".join(line.split("|")[1] for line in table.splitlines()))
    assert len(modules) > 30
    for name in modules:
        importlib.import_module(name)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = [
        link
        for link in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        if "://" not in link and not link.startswith("mailto:") and not (page.parent / link).exists()
    ]
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_python_in_the_pages_is_python(page: Path) -> None:
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL):
        ast.parse(block)

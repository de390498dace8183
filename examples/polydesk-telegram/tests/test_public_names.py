"""A stranger imports what is public, and nothing else."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import polydesk_telegram

PACKAGE = Path(polydesk_telegram.__file__).parent
# As docs/plugins/README.md lists them.
PUBLIC = {
    "polydesk",
    "polydesk.channels",
    "polydesk.fields",
    "polydesk.http",
    "polydesk.i18n",
    "polydesk.pacing",
    "polydesk.signatures",
    "polydesk.simulator",
    "polydesk.types",
}
FOR_TESTS = {
    "polydesk.testing",
    "polydesk.testing.contract",
    "polydesk.testing.fixtures",
    "polydesk.testing.http_service",
}
SERVICES = {"service"}


def imported(path: Path) -> set[tuple[str, str]]:
    """Each module of Polydesk's that a file imports from, with the name."""
    found: set[tuple[str, str]] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {(each.name, "") for each in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {(str(node.module), each.name) for each in node.names}
    return {(module, name) for module, name in found if module.split(".")[0] == "polydesk"}


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_only_public_names_are_imported(path: Path) -> None:
    allowed = PUBLIC | (FOR_TESTS if path.name in ("make_believe.py", "requests.py", "simulator.py") else set())
    found = imported(path)
    assert {module for module, _name in found} <= allowed
    # Of the rooms, only what is a service.
    assert {name for module, name in found if module == "polydesk.channels"} <= SERVICES
    assert not {name for _module, name in found if name.startswith("_") and name != "_"}


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("*.py")), ids=lambda path: path.name)
def test_tests_use_what_is_made_for_tests(path: Path) -> None:
    rooms = {"polydesk.staff", "polydesk.conversations", "polydesk.conversations.extras"}
    assert {module for module, _name in imported(path)} <= PUBLIC | FOR_TESTS | rooms

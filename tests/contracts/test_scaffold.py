"""What `polydesk plugin new` writes passes its kit as it stands, whatever its kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner

from polydesk import scaffold
from polydesk.cli import main
from polydesk.errors import PolydeskError

from .installing import contract, made


@pytest.mark.parametrize("kind", scaffold.KINDS)
def test_a_new_plugin_passes_its_contract(tmp_path: Path, kind: str) -> None:
    if "POLYDESK_TEST_DATABASE" in os.environ and kind != "channel":
        pytest.skip("only a channel writes enough to tell the databases apart")
    ran = contract(made(tmp_path / "new", kind))
    assert ran.failed == {}
    assert len(ran.passed) >= 4


def test_the_command_asks_and_says_what_to_do_next(tmp_path: Path) -> None:
    answered = CliRunner().invoke(main, ["plugin", "new", "--into", str(tmp_path / "new")], input="lantern\nchannel\n")
    assert answered.exit_code == 0, answered.output
    assert "pip install -e" in answered.output
    assert (tmp_path / "new" / "polydesk_lantern" / "plugin.py").exists()
    again = CliRunner().invoke(main, ["plugin", "new", "lantern", "--kind", "channel", "--into", str(tmp_path / "new")])
    assert again.exit_code == 1
    assert "not empty" in again.output


@pytest.mark.parametrize("name", ["Lantern", "1st", "a-b", "plugin", "client", ""])
def test_names_that_cannot_be_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(PolydeskError):
        scaffold.make(scaffold.Order(name=name, kind="channel"), tmp_path / "new")


def test_labels_with_signs_that_code_would_read_are_refused(tmp_path: Path) -> None:
    for label in ('"', "{x}", "%s", "a\\", "<b>"):
        with pytest.raises(PolydeskError):
            scaffold.make(scaffold.Order(name="lantern", kind="channel", label=label), tmp_path / "new")

"""A stranger's channel from a wheel, in a desk from a wheel: it is found, and keeps its contract there."""

from __future__ import annotations

import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from .building import ROOT, clean, copied_tests, environment

pytestmark = pytest.mark.skipif(
    "POLYDESK_TEST_DATABASE" in os.environ,
    reason="a wheel does not depend on the database: first round only",
)


def test_the_wheel_holds_everything_a_desk_needs(desk_wheel: Path) -> None:
    names = set(zipfile.ZipFile(desk_wheel).namelist())
    kinds = (".html", ".css", ".js", ".svg", ".po", ".txt", ".tmpl", ".typed", ".md", ".LICENSE")
    rooms = {"polydesk": ROOT / "core", "polydesk_locales": ROOT / "locales", "polydesk_themes": ROOT / "themes"}
    rooms |= {path.name: path.parent for path in (ROOT / "plugins").glob("*/polydesk_*")}
    for package, room in rooms.items():
        wanted = [path for path in (room / package).rglob("*") if path.suffix in (*kinds, ".py") and path.is_file()]
        missing = {str(path.relative_to(room)) for path in wanted if "__pycache__" not in path.parts} - names
        assert not missing
    assert "polydesk/scaffold/channel/package/plugin.py.tmpl" in names
    assert not [name for name in names if name.startswith(("tests/", "examples/"))]


@pytest.mark.timeout(240)
def test_telegram_keeps_its_contract_in_an_installed_desk(
    tmp_path: Path, desk_wheel: Path, telegram_wheel: Path
) -> None:
    bin = environment(tmp_path / "env", [desk_wheel, telegram_wheel])
    said = subprocess.run(
        ["python", "-c", "import polydesk, polydesk_telegram; print(polydesk.__file__, polydesk_telegram.__file__)"],
        env=clean(bin), cwd=tmp_path, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert all(Path(each).is_relative_to(tmp_path / "env") for each in said)
    listed = subprocess.run(
        ["polydesk", "plugin", "list"], env=clean(bin), cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "ok    telegram" in listed
    assert "ok    email" in listed
    folder = tmp_path / "telegram"
    folder.mkdir()
    database = {name: os.environ[name] for name in os.environ if name.startswith("POLYDESK_TEST_")}
    done = subprocess.run(
        ["pytest", "-q", "-p", "no:cacheprovider", "-n", "2"],
        env=clean(bin, **database), cwd=copied_tests(ROOT / "examples" / "polydesk-telegram", folder),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "passed" in done.stdout

"""Wheels of the desk and of a stranger's plugin, and an environment in which nothing else of ours is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]


def wheel(source: Path, into: Path) -> Path:
    """Build one; answers the file."""
    before = set(into.glob("*.whl"))
    _run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(into), str(source)])
    return next(iter(set(into.glob("*.whl")) - before))


def environment(folder: Path, wheels: Sequence[Path]) -> Path:
    """A virtual environment with these wheels alone; other libraries are lent by ours. Answers its bin folder.

    A folder named in a .pth lends what lies in it, but not what its own .pth files point to: of Polydesk's source tree
    nothing can be seen.
    """
    _run([sys.executable, "-m", "venv", "--without-pip", str(folder)])
    python = folder / "bin" / "python"
    install(python, wheels)
    site = next((folder / "lib").glob("python*/site-packages"))
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    (folder / "bin" / "pytest").write_text(f'#!/bin/sh\nexec {python} -m pytest "$@"\n')
    (folder / "bin" / "pip").write_text(
        f'#!/bin/sh\nverb=$1; shift\nexec {sys.executable} -m pip --python {python} "$verb" --quiet --no-deps "$@"\n'
    )
    for name in ("pytest", "pip"):
        (folder / "bin" / name).chmod(0o755)
    return folder / "bin"


def install(python: Path, wheels: Sequence[Path]) -> None:
    """Into that environment, without what they depend on."""
    given = [str(each) for each in wheels]
    _run([sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", *given])


def clean(bin: Path, **more: str) -> dict[str, str]:
    """Variables of a shell in that environment, without any that our own tests set."""
    kept = {name: value for name, value in os.environ.items() if name in ("HOME", "LANG", "TMPDIR")}
    return {**kept, "PATH": f"{bin}:{os.environ['PATH']}", "PYTHONDONTWRITEBYTECODE": "1", **more}


def copied_tests(package: Path, folder: Path) -> Path:
    """Its tests and pytest's settings, away from its code: what is imported is what was installed."""
    shutil.copytree(package / "tests", folder / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(package / "pyproject.toml", folder)
    return folder


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == 0, done.stdout + done.stderr

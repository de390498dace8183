"""Wheels are built once."""

from __future__ import annotations

from pathlib import Path

import pytest

from .building import ROOT, wheel


@pytest.fixture(scope="session")
def desk_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Polydesk itself."""
    return wheel(ROOT, tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="session")
def telegram_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The stranger's channel."""
    return wheel(ROOT / "examples" / "polydesk-telegram", tmp_path_factory.mktemp("telegram"))

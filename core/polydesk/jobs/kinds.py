"""Which jobs and schedules this process knows."""

from __future__ import annotations

from polydesk.types import JobKind, Schedule

_kinds: dict[str, JobKind] = {}
_schedules: dict[str, Schedule] = {}


def register(*new: JobKind) -> None:
    """Make kinds of work known; the same name again replaces the earlier one."""
    _kinds.update({kind.name: kind for kind in new})


def schedule(*new: Schedule) -> None:
    """Make work known that runs again and again; its rows are made when the desk opens."""
    _schedules.update({entry.name: entry for entry in new})


def forget(*names: str) -> None:
    """Undo `register` and `schedule`, for a plugin that goes away."""
    for name in names:
        _kinds.pop(name, None)
        _schedules.pop(name, None)


def find(name: str) -> JobKind | None:
    """The kind of that name."""
    return _kinds.get(name)


def known() -> list[str]:
    """Every name known here."""
    return sorted(_kinds)


def schedules() -> list[Schedule]:
    """Every schedule known here."""
    return list(_schedules.values())

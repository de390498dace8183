"""How configurations differ, in a terminal."""

from __future__ import annotations

from collections.abc import Iterable

import click

from polydesk.packs.shapes import Difference

_SIGNS = {"added": ("+", "green"), "removed": ("-", "red"), "changed": ("~", "yellow")}
_LONGEST = 90


def differences(found: Iterable[Difference]) -> None:
    """A line for each entry, and one for each value in it."""
    any_at_all = False
    for each in found:
        any_at_all = True
        sign, colour = _SIGNS[each.what]
        place = f"{each.place}/" if each.place else ""
        click.secho(f"  {sign} {place}{each.part}: {each.key}", fg=colour)
        for change in each.changes:
            if each.what == "changed":
                click.echo(f"      {change.path}: {_short(change.before)} → {_short(change.after)}")
            else:
                click.echo(f"      {change.path}: {_short(change.after if each.what == 'added' else change.before)}")
    if not any_at_all:
        click.echo("  nothing differs")


def _short(value: object) -> str:
    words = "-" if value is None else str(value).replace("\n", "⏎")
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1] + "…"

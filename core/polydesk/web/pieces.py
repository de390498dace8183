"""The smallest pieces of a screen as plain functions: a list shows a hundred, and macros cost ten times as much."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from markupsafe import Markup, escape

from polydesk import i18n, templating
from polydesk.types import Text


def pieces(static: Callable[[str], str]) -> dict[str, Any]:
    """`icon(name, class)`, `avatar(name, kind)` and `time(moment, shown)` for `parts/ui.html`."""
    sprite = static("vendor/icons.svg")

    @lru_cache(maxsize=1000)
    def icon(name: str, kind: str = "") -> Markup:
        return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>').format(
            kind, sprite, name
        )

    return {"icon": icon, "avatar": avatar, "time": time}


@lru_cache(maxsize=5000)
def avatar(name: str, kind: str = "") -> Markup:
    """The round picture of somebody: their initials."""
    return Markup('<span class="avatar {}" aria-hidden="true">{}</span>').format(kind, templating.initials(name))


def time(moment: datetime | None, shown: str | Text | None = None) -> Markup:
    """A moment, brief or as `shown`, with the full one for machines and on hover; nothing for None."""
    if moment is None:
        return Markup("")
    words = i18n.brief(moment) if shown is None else i18n.render(shown)
    full = escape(i18n.when(moment))
    return Markup(f'<time datetime="{moment.isoformat()}" title="{full}">{escape(words)}</time>')  # noqa: S704 - escaped

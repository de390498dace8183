"""The templates and files of every theme, made when somebody first wears it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

from jinja2 import Environment

from polydesk import hooks, plugins, templating, themes
from polydesk.plugins import health
from polydesk.web import static
from polydesk.web.pieces import pieces


class Wardrobe:
    """`plugins` maps a plugin's name to its folder; `known` is what every template may use."""

    def __init__(self, plugins: Mapping[str, Path], known: Mapping[str, Any]) -> None:
        self._plugins = {name: folder / "templates" for name, folder in plugins.items()}
        self._known = known
        self._made: dict[tuple[str, bool], Environment] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self.files = static.Files(
            {name: folder / "static" for name, folder in plugins.items()},
            {name: list(themes.folders(name)) for name in themes.names()},
        )

    def __call__(self, theme: str) -> Environment:
        """The templates as this theme has them."""
        return self._as(theme, replaces=not self._rests(theme))

    def original(self, theme: str) -> Environment | None:
        """As they are without what the theme replaces; None when it replaces nothing."""
        replaces = any(folder.is_dir() for folder in themes.folders(theme, "templates"))
        return self._as(theme, replaces=False) if replaces else None

    def failed(self, theme: str, template: str, error: Exception) -> None:
        """Its plugin is named, and after some failures in a row the theme's templates rest for a while."""
        plugin = _plugin_of(theme)
        if plugin is not None:
            reason = f"{template}: {type(error).__name__}: {error}"
            task = asyncio.get_running_loop().create_task(health.failed(plugin, _hook(theme), reason))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    def _rests(self, theme: str) -> bool:
        plugin = _plugin_of(theme)
        return plugin is not None and health.resting(plugin, _hook(theme))

    def _as(self, theme: str, *, replaces: bool) -> Environment:
        if (theme, replaces) not in self._made:
            self._made[theme, replaces] = self._make(theme, replaces)
        return self._made[theme, replaces]

    def _make(self, theme: str, replaces: bool) -> Environment:
        folders = list(themes.folders(theme, "templates")) if replaces else []
        env = templating.environment(folders, self._plugins)
        url = partial(self.files.url, theme=theme)
        logo = f"t/{theme}/logo.svg"
        env.globals |= {
            **self._known,
            "logo": self.files.url(logo) if logo in self.files.files else "",
            "pieces": pieces(url),
            "static": url,
        }
        # Macros are a global, so that a block rendered alone for htmx has them as well.
        env.globals["ui"] = env.get_template("parts/ui.html").module
        return env


def _plugin_of(theme: str) -> str | None:
    found = plugins.contributor(hooks.polydesk_themes, theme)
    return found[0].name if found else None


def _hook(theme: str) -> str:
    return f"theme {theme}"[:120]

"""Where a plugin's package is, and what of it was installed."""

from __future__ import annotations

import importlib
import re
from importlib.metadata import entry_points
from pathlib import Path

from polydesk.plugins.finding import GROUP

SECRET = re.compile(r"(token|secret|password|api_key|private_key)$")
SHIPPED = (".po", ".html", ".css", ".js", ".svg")


def package_of(plugin: str) -> Path:
    """The folder of the package an entry point names."""
    entry = next(iter(entry_points(group=GROUP, name=plugin)), None)
    assert entry is not None, f"no distribution has the entry point {plugin!r} in the group {GROUP!r}"
    package = importlib.import_module(entry.value.partition(".")[0])
    return Path(str(package.__file__)).parent


def not_installed(plugin: str, package: Path) -> list[str]:
    """Files of the package that its distribution does not name; none when it is installed to be edited in place."""
    entry = next(iter(entry_points(group=GROUP, name=plugin)))
    if entry.dist is None or not (files := entry.dist.files):
        return []
    named = {Path(str(entry.dist.locate_file(each))).resolve() for each in files}
    if package.resolve() / "__init__.py" not in named:
        return []
    wanted = (path for path in package.rglob("*") if path.suffix in SHIPPED)
    return sorted(str(path.relative_to(package)) for path in wanted if path.resolve() not in named)

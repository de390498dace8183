"""Write docs/plugins/hooks.md from hooks.py: `python docs/generate_hooks.py`. A test compares the two."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from polydesk import hooks
from polydesk.plugins.kinds import kind_of, specifications

HERE = Path(__file__).parent


def page() -> str:
    """The whole page, in the order and sections of hooks.py."""
    source = Path(hooks.__file__).read_text()
    lines = ["# Hooks", "", inspect.getdoc(hooks) or "", ""]
    found = specifications()
    for line in source.splitlines():
        if section := re.match(r"# --- (\w+) -+", line):
            lines += [f"## {section[1].capitalize()}", ""]
        if name := re.match(r"(?:async )?def (polydesk_\w+)", line):
            spec = found[name[1]]
            signature = str(inspect.signature(spec)).replace("'", "")
            lines += [
                f"### `{name[1]}`",
                "",
                f"*{kind_of(spec)}*: `{signature}`",
                "",
                inspect.getdoc(spec) or "",
                "",
            ]
    return "\n".join(lines)


if __name__ == "__main__":
    (HERE / "plugins" / "hooks.md").write_text(page())

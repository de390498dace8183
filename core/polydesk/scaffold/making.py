"""Write a small plugin that installs, runs and passes its kit as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from polydesk import __version__
from polydesk.errors import PolydeskError

KINDS = ("channel", "strategy", "connector", "scorecard", "screen", "theme")
HOUSE = Path(__file__).parent
_TEMPLATE = ".tmpl"
_NAME = re.compile(r"[a-z][a-z0-9]{1,29}")
_LABEL = re.compile(r"[^\"\\{}%@<>\n\r]{1,60}")
TAKEN = frozenset({"client", "market", "pack", "plugin", "settings", "upgrade", "theme", "polydesk", "stranger"})
"""Names that would hide a command of ours."""
_WHAT = {
    "channel": (
        "A channel: messages in by a signed webhook, answers out over HTTP.",
        "Make `parse.py` and `sending.py` speak your service's language, and `simulator.py` with them.",
    ),
    "strategy": (
        "A way of choosing an agent.",
        "Say in `strategy.py` who may take a conversation, and who had better.",
    ),
    "connector": (
        "What is known of a contact elsewhere: attributes, and what happened.",
        "Make `service.py` ask your shop, and `testing.py` answer as it does.",
    ),
    "scorecard": (
        "Colleagues score how a conversation was handled; scores stand in its timeline.",
        "Change the questions in `card.py`.",
    ),
    "screen": (
        "A page of its own, a line in the menu and a fragment beside each conversation.",
        "Change `templates/`.",
    ),
    "theme": ("How the desk looks for a client: colours, a logo, a template of its own.", "Change `theme/`."),
}


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What to make."""

    name: str
    kind: str
    label: str = ""

    def check(self) -> None:
        """An error in words when nothing can be made of it."""
        if self.kind not in KINDS:
            raise PolydeskError(f"There is no kind {self.kind!r}. There are: {', '.join(KINDS)}.")
        if not _NAME.fullmatch(self.name) or self.name in TAKEN:
            raise PolydeskError(
                f"{self.name!r} cannot be a plugin's name: small letters and digits, beginning with a letter, "
                "at most 30, and not a command of polydesk."
            )
        if self.label and not _LABEL.fullmatch(self.label):
            raise PolydeskError("The label may be 60 characters long, without quotes, braces, % and <>.")

    @property
    def shown(self) -> str:
        """The label, or one made of the name."""
        return self.label or self.name.capitalize()


def make(order: Order, folder: Path) -> list[Path]:
    """Write the package into a folder that is not there yet, or empty; the files, in order."""
    order.check()
    if folder.exists() and any(folder.iterdir()):
        raise PolydeskError(f"{folder} is not empty.")
    written = []
    for path, text in sorted(files(order)):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
        written.append(target)
    return written


def files(order: Order) -> Iterator[tuple[str, str]]:
    """Each file's place in the package, and what stands in it."""
    for room in (HOUSE / "common", HOUSE / order.kind):
        for template in sorted(room.rglob(f"*{_TEMPLATE}")):
            place = str(template.relative_to(room)).removesuffix(_TEMPLATE)
            yield _place(place, order), _filled(template.read_text(encoding="utf-8"), order)


def _place(template: str, order: Order) -> str:
    parts = [part.replace("NAME", order.name) for part in Path(template).parts]
    if parts[0] == "package":
        parts[0] = f"polydesk_{order.name}"
    return "/".join(".gitignore" if part == "gitignore" else part for part in parts)


def _filled(text: str, order: Order) -> str:
    what, following = _WHAT[order.kind]
    holes = {
        "name": order.name,
        "Class": order.name.capitalize(),
        "label": order.shown,
        "requires": _requires(),
        "what": what,
        "next": following,
    }
    for hole, words in holes.items():
        text = text.replace(f"@{hole}@", words)
    return text


def _requires() -> str:
    """From this version to the next that may break: before 1.0 every minor one may."""
    major, minor = (int(part) for part in __version__.split(".")[:2])
    return f">={major}.{minor},<{major}.{minor + 1}" if major == 0 else f">={major}.{minor},<{major + 1}"

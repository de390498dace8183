"""A pack as a folder of text files: one for each entry, and pack.yaml that says what it is."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from polydesk import __version__, db, plugins
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.packs import yaml_text
from polydesk.packs.own.shaping import shape
from polydesk.packs.shapes import FORMAT, TOP, Content, Pack

HEAD = "pack.yaml"
LARGEST_FILE, LARGEST_PACK, MOST_FILES = 400_000, 8_000_000, 3_000
_PLACE = re.compile(
    r"(?:markets/(?P<market>[A-Za-z0-9][A-Za-z0-9-]{0,19})/)?(?P<part>[a-z][a-z0-9_]*\.[a-z0-9_.]+)/[^/]+"
)


Standing = tuple[str, str, str]
"""Place, part and key of an entry."""


class _Head(msgspec.Struct, kw_only=True):
    format: int
    of: str
    name: str
    code: str = ""
    polydesk: str = ""
    plugins: dict[str, str] = {}
    parts: tuple[str, ...] = ()


class _Entry(msgspec.Struct, kw_only=True):
    key: str
    values: Any


def made(of: Any, name: str, code: str, parts: Iterable[str], places: dict[str, Content]) -> Pack:
    """A pack of this desk: with the versions of what is in it."""
    used = {part.partition(".")[0] for content in places.values() for part in content}
    versions = {name: plugin.version for name, plugin in plugins.registry().plugins.items() if name in used}
    return Pack(
        of=of, name=name, code=code, polydesk=__version__, plugins=versions, parts=tuple(sorted(parts)), places=places
    )


def write(pack: Pack) -> dict[str, str]:
    """Path to text; the same configuration gives the same files, so that they can be kept under version control."""
    head: dict[str, Any] = {
        "format": FORMAT,
        "of": pack.of,
        "name": pack.name,
        **({"code": pack.code} if pack.code else {}),
    }
    head |= {"polydesk": pack.polydesk, **({"plugins": dict(sorted(pack.plugins.items()))} if pack.plugins else {})}
    head |= {"parts": list(pack.parts)}
    found = {HEAD: yaml_text.dump(head)}
    for code, content in sorted(pack.places.items()):
        above = f"markets/{code}/" if code != TOP else ""
        for part, entries in sorted(content.items()):
            taken: set[str] = set()
            for key, values in entries.items():
                name = _file_name(key, taken)
                found[f"{above}{part}/{name}.yaml"] = yaml_text.dump({"key": key, "values": values})
    return found


def read(files: Mapping[str, bytes]) -> tuple[Pack, dict[Standing, str]]:
    """The pack these files are, and in which of them each entry stands. Takes a while: to be called in a thread.

    `Invalid` names each file that is wrong, and what is wrong with it.
    """
    if HEAD not in files:
        raise Invalid({HEAD: _("This file is missing: these files are no pack.")})
    head = _head(files[HEAD])
    wrong: dict[str, str] = {}
    places: dict[str, Content] = {}
    standing: dict[Standing, str] = {}
    for path, raw in sorted(files.items()):
        if path == HEAD:
            continue
        try:
            code, part, entry = _entry(path, raw)
            if code and head.of == "market":
                raise Invalid(message=_("The pack of a market has no markets in it."))
            if db.clean(entry.key.strip()) != entry.key or not entry.key:
                raise Invalid({"key": _("Enter a name without spaces around it and without control characters.")})
            entries = places.setdefault(code, {}).setdefault(part, {})
            if entry.key in entries:
                raise Invalid({"key": _("“%(key)s” is in another file already.", key=entry.key)})
            entries[entry.key] = entry.values
            standing[code, part, entry.key] = path
        except Invalid as problem:
            wrong[path] = told(problem)
    if wrong:
        raise Invalid(wrong)
    pack = Pack(
        of="market" if head.of == "market" else "client",
        name=head.name,
        code=head.code,
        polydesk=head.polydesk,
        plugins=head.plugins,
        parts=head.parts,
        places=places,
    )
    return pack, standing


def told(problem: Invalid) -> str:
    """The fields of an error and what is wrong with them, on one line."""
    return "; ".join(f"{field}: {words}" for field, words in problem.fields.items()) or str(problem)


def _head(raw: bytes) -> _Head:
    try:
        values = yaml_text.load(_decoded(raw))
        if isinstance(values, dict) and isinstance(values.get("format"), int) and values["format"] > FORMAT:
            newer = values.get("polydesk", "")
            raise Invalid({"format": _("This pack was made by a newer Polydesk (%(version)s).", version=newer)})
        head = shape(values, _Head)
        if head.of not in ("client", "market") or head.format < 1:
            raise Invalid({"of": _("A pack is of a client or of a market.")})
        return head
    except Invalid as problem:
        raise Invalid({HEAD: told(problem)}) from None


def _entry(path: str, raw: bytes) -> tuple[str, str, _Entry]:
    where = _PLACE.fullmatch(path)
    if where is None:
        raise Invalid(message=_("This file belongs to no part."))
    entry = shape(yaml_text.load(_decoded(raw)), _Entry)
    return where["market"] or TOP, where["part"], entry


def _decoded(raw: bytes) -> str:
    if len(raw) > LARGEST_FILE:
        raise Invalid(message=_("This file is too large."))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(message=_("This file is not text in UTF-8.")) from None


def _file_name(key: str, taken: set[str]) -> str:
    plain = unicodedata.normalize("NFKD", key).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9@.+]+", "-", plain).strip("-.")[:80] or "entry"
    number, name = 1, base
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    taken.add(name)
    return name

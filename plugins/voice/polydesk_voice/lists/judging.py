"""Each line of a file on its own: whom to call, or why nobody."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

import msgspec

from polydesk import N_, Text
from polydesk_voice.lists import phones
from polydesk_voice.lists.mapping import Mapping

Verdict = Literal["good", "duplicate", "bad", "never"]
TWICE = Text(N_("The same number as in line {line}."))
KNOWN = Text(N_("This number is on the list already."))
NEVER = Text(N_("Nobody may call this number."))


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `cell` is the number as it was written."""

    number: int
    verdict: Verdict
    cell: str = ""
    reason: Text | None = None
    phone: str = ""
    name: str = ""
    language: str = ""
    zones: tuple[str, ...] = ()
    facts: dict[str, str] = {}


class Judge:
    """Remembers what it has seen, so that a number counts where it stands first."""

    def __init__(self, mapping: Mapping, headings: Sequence[str], usual_zone: str) -> None:
        self.mapping, self.headings, self.usual_zone = mapping, headings, usual_zone
        self._seen: dict[str, int] = {}

    def read(self, number: int, cells: Sequence[str]) -> Line:
        """What the line says, before anything is looked up."""
        parts: dict[str, str] = {}
        facts: dict[str, str] = {}
        for at, role in enumerate(self.mapping.roles):
            value = cells[at] if at < len(cells) else ""
            if role == "fact" and value:
                heading = self.headings[at] if at < len(self.headings) else ""
                facts[(heading or str(at + 1))[:100]] = value[:500]
            elif role not in ("fact", "ignore"):
                parts[role] = value
        cell = parts.get("phone", "")[:100]
        try:
            phone = phones.normal(cell, self.mapping.region)
        except phones.NoNumber as problem:
            words = problem.words
            return Line(number=number, verdict="bad", cell=cell, reason=words if isinstance(words, Text) else None)
        name = parts.get("name") or " ".join(filter(None, (parts.get("first_name"), parts.get("last_name"))))
        given = parts.get("time_zone", "")
        return Line(
            number=number,
            verdict="good",
            cell=cell,
            phone=phone,
            name=name[:300],
            language=_language(parts.get("language", "")),
            zones=(given,) if phones.is_zone(given) else phones.zones(phone, self.usual_zone),
            facts=dict(list(facts.items())[:40]),
        )

    def judge(self, lines: Sequence[Line], known: Collection[str], never: Collection[str]) -> list[Line]:
        """The same with what was looked up: numbers on the list already, and those nobody may call."""
        found = []
        for line in lines:
            reason: Text | None = None
            verdict: Verdict = line.verdict
            if verdict == "good":
                first = self._seen.setdefault(line.phone, line.number)
                if first != line.number:
                    verdict, reason = "duplicate", Text(TWICE.template, {"line": first})
                elif line.phone in known:
                    verdict, reason = "duplicate", KNOWN
                elif line.phone in never:
                    verdict, reason = "never", NEVER
            found.append(line if reason is None else msgspec.structs.replace(line, verdict=verdict, reason=reason))
        return found


def _language(written: str) -> str:
    """A code, where it is one."""
    code = written.strip().replace("_", "-")
    return code if 2 <= len(code) <= 10 and code.replace("-", "").isalnum() and code.isascii() else ""

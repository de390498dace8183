"""Which column of a file is what: guessed from headings and cells, corrected by a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

import msgspec

from polydesk import N_, Text
from polydesk_voice.lists import phones
from polydesk_voice.lists.sheets import Sheet

Role = Literal["phone", "name", "first_name", "last_name", "language", "time_zone", "fact", "ignore"]
ROLES: dict[Role, Text] = {
    "phone": Text(N_("Telephone number")),
    "name": Text(N_("Name")),
    "first_name": Text(N_("First name")),
    "last_name": Text(N_("Last name")),
    "language": Text(N_("Language")),
    "time_zone": Text(N_("Time zone")),
    "fact": Text(N_("Shown to the agent")),
    "ignore": Text(N_("Left out")),
}
# Headings as people write them, folded; the first role that fits a heading takes it.
_HEADINGS: dict[Role, str] = {
    "phone": r"phone|mobile|cell|tel|telefon\w*|telephone|telefono|celular|movil|portable|handy\w*|rufnummer|"
    r"numero( de tel\w*)?|gsm|msisdn|whatsapp|هاتف|الهاتف|جوال|رقم( الهاتف| الجوال)?|(мобильныи )?телефон|тел|ტელეფონი",
    "first_name": r"first ?name|given ?name|forename|prenom|vorname|nombre|nome|imie|الاسم الاول|имя",
    "last_name": r"last ?name|surname|family ?name|nom( de famille)?|nachname|apellidos?|cognome|sobrenome|nazwisko|"
    r"اسم العائلة|фамилия",
    "name": r"(full |customer |contact |client )?name|kunde|kundenname|cliente|client|customer|contact|fio|фио|الاسم|"
    r"العميل|სახელი",
    "language": r"lang(uage)?|langue|sprache|idioma|lingua|locale|язык|اللغة|ენა",
    "time_zone": r"time ?zone|timezone|tz|fuseau( horaire)?|zeitzone|zona horaria|fuso orario",
}
_SAMPLE = 40


class Mapping(msgspec.Struct, frozen=True, kw_only=True):
    """`roles` are by column; `headings` says that the first row has names of columns. `region` is of numbers that
    name no country."""

    encoding: str
    delimiter: str
    headings: bool
    region: str
    roles: tuple[Role, ...]

    @property
    def problem(self) -> Text | None:
        """Why nothing can be read by it."""
        count = self.roles.count("phone")
        if count == 0:
            return Text(N_("Say which column has the telephone number."))
        return Text(N_("Only one column can have the telephone number.")) if count > 1 else None


def guess(sheet: Sheet, region: str) -> Mapping:
    """Headings first; of the columns without one, that with most numbers that can be called is the number."""
    first = sheet.rows[0][1]
    width = max(len(cells) for _line, cells in sheet.rows[:_SAMPLE])
    sample = [cells for _line, cells in sheet.rows[1:_SAMPLE]]
    callable_ = [_callable([row[at] for row in sample if at < len(row)], region) for at in range(width)]
    headings = len(sheet.rows) > 1 and not any(_calls(cell, region) for cell in first) and any(_words(c) for c in first)
    if not headings:
        callable_ = [_callable([cells[at] for _l, cells in sheet.rows[:_SAMPLE] if at < len(cells)], region)
                     for at in range(width)]  # fmt: skip
    roles: list[Role] = ["fact"] * width
    if headings:
        taken: set[Role] = set()
        for role, pattern in _HEADINGS.items():
            for at, heading in enumerate(first):
                if roles[at] == "fact" and role not in taken and re.fullmatch(pattern, fold(heading)):
                    roles[at] = role
                    taken.add(role)
        roles = _loosely(roles, first)
    best = max(range(width), key=lambda at: callable_[at]) if width else 0
    named = roles.index("phone") if "phone" in roles else -1
    if named < 0 or (callable_[named] < 0.5 and callable_[best] > callable_[named]):
        if named >= 0:
            roles[named] = "fact"
        if callable_[best] >= 0.5:
            roles[best] = "phone"
    if not headings:
        roles = ["name" if role == "fact" and at == 0 and callable_[0] < 0.5 else role for at, role in enumerate(roles)]
    return Mapping(
        encoding=sheet.encoding, delimiter=sheet.delimiter, headings=headings, region=region, roles=tuple(roles)
    )


def fold(text: str) -> str:
    """A heading without case, accents and punctuation."""
    spread = unicodedata.normalize("NFKD", text.casefold())
    plain = "".join(each for each in spread if not unicodedata.combining(each))
    return re.sub(r"[\W_]+", " ", plain).strip()


def _loosely(roles: list[Role], headings: Sequence[str]) -> list[Role]:
    """ "Phone number (mobile)" is a number too, when nothing else is."""
    if "phone" in roles:
        return roles
    for at, heading in enumerate(headings):
        if roles[at] == "fact" and re.search(rf"\b({_HEADINGS['phone']})\b", fold(heading)):
            return [*roles[:at], "phone", *roles[at + 1 :]]
    return roles


def _callable(cells: Sequence[str], region: str) -> float:
    filled = [cell for cell in cells if cell]
    return sum(_calls(cell, region) for cell in filled) / len(filled) if filled else 0.0


def _calls(cell: str, region: str) -> bool:
    try:
        phones.normal(cell, region)
    except phones.NoNumber:
        return False
    return True


def _words(cell: str) -> bool:
    return bool(re.search(r"[^\W\d_]{2,}", cell))

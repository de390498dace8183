"""What holds at a place: what it says itself, else its client, else the installation."""

from __future__ import annotations

from datetime import tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from polydesk import hours

Origin = Literal["market", "client", "installation"]
Legal = dict[str, dict[str, str]]
LEGAL_KINDS = ("privacy", "imprint", "footer")
"""What is told to contacts before a chat, who is responsible for it, and what stands under every letter."""


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """What one client or market says of itself; what it leaves empty comes from further out."""

    languages: tuple[str, ...] = ()
    time_zone: str = ""
    holidays: str = ""
    sender: str = ""
    legal: Legal = {}
    theme: str = ""
    owner: int | None = None


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What holds somewhere. `origin` maps a name, or "legal.<kind>", to where its value comes from."""

    languages: tuple[str, ...]
    time_zone: str
    holidays: str
    sender: str
    legal: Legal
    theme: str
    owner: int | None
    origin: dict[str, Origin]

    @property
    def zone(self) -> tzinfo:
        """The clock of the place."""
        return ZoneInfo(self.time_zone)

    @property
    def days_off(self) -> frozenset[str]:
        """As `hours.is_open` takes them."""
        return hours.read_holidays(self.holidays)

    def words(self, kind: str, language: str = "") -> str:
        """A legal text in a language, else in the place's first one that has it; "" when there is none."""
        known = self.legal.get(kind, {})
        wanted = (language, language.split("-", maxsplit=1)[0], *self.languages)
        return next((known[each] for each in wanted if known.get(each)), next(iter(known.values()), ""))


_USUAL = Details(languages=("en",), time_zone="UTC")


def resolve(market: Details | None, client: Details | None) -> Place:
    """The most specific wins, for each value on its own and for each kind of legal text as a whole."""
    said: list[tuple[Origin, Details]] = [("installation", _USUAL)]
    said += [("client", client)] if client else []
    said += [("market", market)] if market else []
    values = msgspec.structs.asdict(_USUAL)
    origin: dict[str, Origin] = dict.fromkeys(values, "installation")
    legal: Legal = {}
    for where, details in said:
        for name, value in msgspec.structs.asdict(details).items():
            if name == "legal":
                for kind, words in value.items():
                    legal[kind], origin[f"legal.{kind}"] = words, where
            elif value not in ("", (), None):
                values[name], origin[name] = value, where
    origin.pop("legal")
    return Place(**{**values, "legal": legal}, origin=origin)

"""Every figure of a telephone queue, from counts that add up: nothing here is an average of averages.

A `Tally` holds what happened in one interval of one queue; tallies of several are added and then divided, once. A
ratio without a denominator has no value, which is not zero. See `words` for each formula as people read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from typing import Literal, NamedTuple

import msgspec

Variant = Literal["V1", "V2", "V3", "V4", "V5", "V6"]
VARIANT: Variant = "V6"


class Ratio(NamedTuple):
    """What is divided by what; `value` is None where nothing can be said."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """The quotient."""
        return self.numerator / self.denominator if self.denominator else None


class Tally(msgspec.Struct, kw_only=True):
    """What happened in an interval. Offered and what became of it count where a wait began; what has to do with
    answering counts where it was answered.

    `within` and `lost_within` are, by seconds, how many were answered or had given up by then. `left` went on to
    another point (a call-back, voicemail, another queue), `blocked` were never offered. `handled` are the calls agents
    had, `parts` their shares in them.
    """

    answered: int = 0
    abandoned: int = 0
    short: int = 0
    left: int = 0
    blocked: int = 0
    waiting: int = 0
    within: dict[int, int] = {}
    lost_within: dict[int, int] = {}
    lost: list[float] = []
    waits: list[float] = []
    talk: float = 0.0
    hold: float = 0.0
    after: float = 0.0
    parts: list[float] = []
    handled: set[int] = set()
    transferred: set[int] = set()
    busy: float = 0.0
    idle: float = 0.0
    once: int = 0
    eligible: int = 0
    provisional: int = 0
    ticked: int = 0
    asked: int = 0
    callbacks: int = 0
    called_back: list[float] = []

    @property
    def offered(self) -> int:
        """All that began to wait here."""
        return self.answered + self.abandoned + self.left + self.waiting


def total(tallies: Iterable[Tally]) -> Tally:
    """All of them together; a call that is in several is one call."""
    found = Tally()
    for each in tallies:
        for name in _SUMS:
            setattr(found, name, getattr(found, name) + getattr(each, name))
        for name in ("lost", "waits", "parts", "called_back"):
            getattr(found, name).extend(getattr(each, name))
        for name in ("handled", "transferred"):
            getattr(found, name).update(getattr(each, name))
        for name in ("within", "lost_within"):
            counts = getattr(found, name)
            for seconds, count in getattr(each, name).items():
                counts[seconds] = counts.get(seconds, 0) + count
    return found


_SUMS = (
    "answered", "abandoned", "short", "left", "blocked", "waiting", "talk", "hold", "after", "busy", "idle", "once",
    "eligible", "provisional", "ticked", "asked", "callbacks",
)  # fmt: skip


def service_level(it: Tally, seconds: int, variant: Variant = VARIANT) -> Ratio:
    """The share answered within so many seconds; the variants part in how they treat those who gave up."""
    within, lost = it.within.get(seconds, 0), it.lost_within.get(seconds, 0)
    all_of_them = it.answered + it.abandoned
    match variant:
        case "V1":
            return Ratio(within + lost, all_of_them)
        case "V2":
            return Ratio(within, it.answered)
        case "V3":
            return Ratio(within, all_of_them)
        case "V4":
            return Ratio(within, all_of_them - lost)
        case "V5":
            return Ratio(within + it.short, all_of_them)
    return Ratio(within, all_of_them - it.short)


def speed_of_answer(it: Tally) -> Ratio:
    """ASA: only those who were answered waited for an answer."""
    return Ratio(sum(it.waits), len(it.waits))


def time_to_abandon(it: Tally) -> Ratio:
    """How long those who gave up had waited."""
    return Ratio(sum(it.lost), len(it.lost))


def abandonment(it: Tally, *, raw: bool = False) -> Ratio:
    """Who gave up; those who hung up at once are left out on both sides, unless `raw`."""
    short = 0 if raw else it.short
    return Ratio(it.abandoned - short, it.answered + it.abandoned - short)


def handle_time(it: Tally) -> Ratio:
    """AHT of agents: each one's part in a call counts once."""
    return Ratio(it.talk + it.hold + it.after, len(it.parts))


def end_to_end(it: Tally) -> Ratio:
    """AHT of contacts: a call that went through three hands counts once."""
    return Ratio(it.talk + it.hold + it.after, len(it.handled))


def talk_time(it: Tally) -> Ratio:
    """The talking of an agent's part, without hold."""
    return Ratio(it.talk, len(it.parts))


def hold_time(it: Tally) -> Ratio:
    """The holding of an agent's part."""
    return Ratio(it.hold, len(it.parts))


def after_call_work(it: Tally) -> Ratio:
    """The wrap-up of an agent's part."""
    return Ratio(it.after, len(it.parts))


def occupancy(it: Tally) -> Ratio:
    """How much of the time in which agents were there for calls was spent on calls."""
    return Ratio(it.busy, it.busy + it.idle)


def transfer_rate(it: Tally) -> Ratio:
    """Calls that were passed on at least once."""
    return Ratio(len(it.transferred), len(it.handled))


def fcr_repeat(it: Tally) -> Ratio:
    """Resolved at first contact, because nobody came back about it."""
    return Ratio(it.once, it.eligible)


def fcr_agent(it: Tally) -> Ratio:
    """Resolved at first contact, because the agent says so. Never to be set beside the other one in a trend."""
    return Ratio(it.ticked, it.asked)


def median(values: Sequence[float]) -> float | None:
    """The middle one, or the mean of the two in the middle."""
    if not values:
        return None
    ordered, half = sorted(values), len(values) // 2
    return ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2


def percentile(values: Sequence[float], percent: int) -> float | None:
    """The smallest value that so many of a hundred do not exceed."""
    return sorted(values)[max(0, ceil(len(values) * percent / 100) - 1)] if values else None

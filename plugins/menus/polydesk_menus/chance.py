"""Whether two shares differ by more than chance makes them, in honest words."""

from __future__ import annotations

import math

import msgspec

from polydesk import N_, Text

ENOUGH = 30
_SURE = 0.05


class Share(msgspec.Struct, frozen=True):
    """How many of how many, and between which shares the truth lies with 95 % certainty."""

    count: int
    of: int

    @property
    def value(self) -> float:
        """As a share of one."""
        return self.count / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval, which stays true for few and for extreme shares."""
        if not self.of:
            return 0.0, 1.0
        z, n, p = 1.959964, self.of, self.value
        middle = (p + z * z / (2 * n)) / (1 + z * z / n)
        reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
        return max(0.0, middle - reach), min(1.0, middle + reach)


class Comparison(msgspec.Struct, frozen=True):
    """What may be said of two shares. `tone` is "few", "same" or "differs"."""

    tone: str
    words: Text


def compare(one: Share, other: Share) -> Comparison:
    """Say what the difference is worth (two-proportion z-test, pooled)."""
    if min(one.of, other.of) < ENOUGH:
        few = Text(
            N_("Too few conversations yet to tell: {one} and {other}; wait for at least {enough} each."),
            {"one": one.of, "other": other.of, "enough": ENOUGH},
        )
        return Comparison("few", few)
    p = probability(one, other)
    if p >= _SURE:
        words = Text(
            N_("The difference may well be chance: one as large comes about {times} times in 100 without any.")
        )
        return Comparison("same", msgspec.structs.replace(words, values={"times": max(1, round(p * 100))}))
    words = Text(N_("Hardly chance: a difference as large would come about less than {times} times in 1000."))
    return Comparison("differs", msgspec.structs.replace(words, values={"times": max(1, math.ceil(p * 1000))}))


def probability(one: Share, other: Share) -> float:
    """How often a difference as large comes about although there is none."""
    pooled = (one.count + other.count) / (one.of + other.of)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / one.of + 1 / other.of))
    if spread == 0:
        return 1.0
    return math.erfc(abs(one.value - other.value) / spread / math.sqrt(2))

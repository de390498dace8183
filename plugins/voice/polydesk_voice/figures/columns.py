"""What each figure is called, how it is computed in words, and how it is written; for the screen, files and metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from babel.numbers import format_percent
from babel.units import format_unit

from polydesk.i18n import N_, locale, number
from polydesk.types import Text
from polydesk_voice.figures import formulas
from polydesk_voice.figures.formulas import Ratio, Tally

Unit = Literal["count", "share", "seconds"]


class Column(NamedTuple):
    """A figure. `of` answers a ratio, whose denominator is the n to publish, or a plain value."""

    name: str
    label: Text
    formula: Text
    unit: Unit
    of: Callable[[Tally], Ratio | float | None]
    target: tuple[int, int] | None = None


def columns(targets: Sequence[tuple[int, int]], days: int) -> list[Column]:
    """All of them, in order; a service level for each target."""
    return [*_COUNTS, *(_level(each) for each in targets), *_RATIOS, *_resolution(days)]


def _level(target: tuple[int, int]) -> Column:
    return Column(
        f"service_level_{target[1]}",
        Text(N_("Service level {percent}/{seconds}"), {"percent": target[0], "seconds": target[1]}),
        Text(
            N_(
                "Answered within {seconds} s, divided by answered and abandoned without short abandons (V6); counted "
                "when the wait began. Whoever left the queue another way is in neither."
            ),
            {"seconds": target[1]},
        ),
        "share",
        lambda it: formulas.service_level(it, target[1]),
        target,
    )


_COUNTS = (
    Column(
        "offered",
        Text(N_("Offered")),
        Text(N_("Calls that began to wait in the queue. A call passed on to another queue is offered there again.")),
        "count",
        lambda it: it.offered,
    ),
    Column(
        "answered",
        Text(N_("Answered")),
        Text(N_("Offered calls that an agent answered; counted when the wait began.")),
        "count",
        lambda it: it.answered,
    ),
    Column(
        "abandoned",
        Text(N_("Abandoned")),
        Text(N_("Offered calls whose caller hung up in the queue, also while an agent’s phone rang.")),
        "count",
        lambda it: it.abandoned,
    ),
    Column(
        "short",
        Text(N_("of them short")),
        Text(N_("Abandoned within the queue’s limit: they hung up at once and were not lost.")),
        "count",
        lambda it: it.short,
    ),
    Column(
        "left",
        Text(N_("Went on")),
        Text(N_("Left the queue for a call-back, voicemail, another queue or another number.")),
        "count",
        lambda it: it.left,
    ),
    Column(
        "blocked",
        Text(N_("Found it full")),
        Text(N_("Calls for which the queue had no room, or closed while they waited; not offered.")),
        "count",
        lambda it: it.blocked,
    ),
)
_RATIOS = (
    Column(
        "abandonment",
        Text(N_("Abandonment")),
        Text(N_("Abandoned without short ones, divided by answered and abandoned without short ones.")),
        "share",
        formulas.abandonment,
    ),
    Column(
        "asa",
        Text(N_("Speed of answer")),
        Text(N_("Waiting time of answered calls, ringing included, divided by answered calls; counted when answered.")),
        "seconds",
        formulas.speed_of_answer,
    ),
    Column(
        "wait_median",
        Text(N_("Median wait")),
        Text(N_("Half of the answered calls waited no longer.")),
        "seconds",
        lambda it: formulas.median(it.waits),
    ),
    Column(
        "wait_p90",
        Text(N_("Wait, P90")),
        Text(N_("Nine of ten answered calls waited no longer.")),
        "seconds",
        lambda it: formulas.percentile(it.waits, 90),
    ),
    Column(
        "aht",
        Text(N_("Handle time")),
        Text(N_("Talk, hold and after-call work of agents, divided by their parts in incoming calls; when answered.")),
        "seconds",
        formulas.handle_time,
    ),
    Column(
        "talk", Text(N_("Talk")), Text(N_("Talking without hold, per agent’s part.")), "seconds", formulas.talk_time
    ),
    Column("hold", Text(N_("Hold")), Text(N_("Holding, per agent’s part.")), "seconds", formulas.hold_time),
    Column(
        "after",
        Text(N_("After-call work")),
        Text(N_("Wrap-up, at most the queue’s limit, per agent’s part.")),
        "seconds",
        formulas.after_call_work,
    ),
    Column(
        "handle_p90",
        Text(N_("Handle time, P90")),
        Text(N_("Nine of ten parts took no longer.")),
        "seconds",
        lambda it: formulas.percentile(it.parts, 90),
    ),
    Column(
        "end_to_end",
        Text(N_("Handle time per call")),
        Text(N_("The same time divided by calls: one that went through three hands counts once.")),
        "seconds",
        formulas.end_to_end,
    ),
    Column(
        "occupancy",
        Text(N_("Occupancy")),
        Text(
            N_(
                "Talk, hold and after-call work, divided by the same and the time in which the queue’s agents were "
                "ready or rung; of all their calls. Away and offline are in neither."
            )
        ),
        "share",
        formulas.occupancy,
    ),
    Column(
        "transfers",
        Text(N_("Transferred")),
        Text(N_("Calls that were passed on at least once, divided by calls handled.")),
        "share",
        formulas.transfer_rate,
    ),
    Column(
        "time_to_abandon",
        Text(N_("Time to abandon")),
        Text(N_("How long those who gave up had waited, divided by their number.")),
        "seconds",
        formulas.time_to_abandon,
    ),
    Column(
        "callbacks",
        Text(N_("Call-backs asked for")),
        Text(N_("Callers who left the queue to be called back.")),
        "count",
        lambda it: it.callbacks,
    ),
    Column(
        "called_back",
        Text(N_("Time to call back, median")),
        Text(N_("From asking until they answered, in opening hours; half of those reached waited no longer.")),
        "seconds",
        lambda it: formulas.median(it.called_back),
    ),
)


def _resolution(days: int) -> tuple[Column, ...]:
    return (
        Column(
            "fcr_repeat",
            Text(N_("Resolved (no repeat)")),
            Text(
                N_(
                    "FCR by repeat: answered calls after which the same contact did not come back within {days} days "
                    "about the same topic on any channel, divided by answered calls. Provisional until then."
                ),
                {"days": days},
            ),
            "share",
            formulas.fcr_repeat,
        ),
        Column(
            "fcr_agent",
            Text(N_("Resolved (agent)")),
            Text(
                N_(
                    "FCR by agent: wrap-ups ticked as resolved, divided by wrap-ups that say either. Another "
                    "denominator than by repeat: never to be mixed."
                )
            ),
            "share",
            formulas.fcr_agent,
        ),
    )


def value(column: Column, tally: Tally) -> float | None:
    """The figure itself."""
    found = column.of(tally)
    return found.value if isinstance(found, Ratio) else found


def count(column: Column, tally: Tally) -> int | None:
    """The n it is of, where it is a ratio or a percentile."""
    found = column.of(tally)
    if isinstance(found, Ratio):
        return None if column.name == "occupancy" else round(found.denominator)
    many = {
        "wait_median": tally.waits,
        "wait_p90": tally.waits,
        "handle_p90": tally.parts,
        "called_back": tally.called_back,
    }
    return len(many[column.name]) if column.name in many else None


def written(column: Column, tally: Tally) -> str:
    """As people read it; a dash for what cannot be said."""
    found = value(column, tally)
    if found is None:
        return "–"
    if column.unit == "share":
        return tenths(found)
    return number(int(found)) if column.unit == "count" else duration(found)


def tenths(share: float) -> str:
    """A share as a percentage with one digit after the point, written as the reader writes percentages."""
    begins, _zero, ends = locale().percent_formats[None].pattern.rpartition("0")
    return str(format_percent(share, format=f"{begins}0.0{ends}", locale=locale()))


def duration(seconds: float) -> str:
    """Seconds up to two minutes, then minutes and seconds."""
    if seconds < 120:
        return str(
            format_unit(round(seconds, 1 if seconds < 10 else None), "duration-second", "narrow", locale=locale())
        )
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{number(minutes)}:{rest:02}"
    return f"{number(minutes // 60)}:{minutes % 60:02}:{rest:02}"

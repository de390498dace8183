"""How a queue treats calls, as a supervisor sets it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from polydesk import N_, Choice, Field, Invalid, Text, db, live
from polydesk.i18n import _
from polydesk.remembered import Remembered

_WAIT, _RING, _END, _GOAL = (
    Text(N_("While callers wait")),
    Text(N_("Agents")),
    Text(N_("When nobody answers")),
    Text(N_("Goals")),
)


class QueueSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One queue's. `targets` are pairs of (percent, seconds)."""

    music: Annotated[
        str,
        Field(
            label=Text(N_("Music")),
            help=Text(N_("A public address of a WAV or MP3 file of less than a minute. Empty plays our own.")),
            required=False,
            input="host",
            group=_WAIT,
        ),
    ] = ""
    announce_every: Annotated[
        int,
        msgspec.Meta(ge=0, le=600),
        Field(
            label=Text(N_("Say their place and wait every so many seconds")),
            help=Text(N_("0 never does.")),
            input="number",
            group=_WAIT,
        ),
    ] = 40
    callback_after: Annotated[
        int,
        msgspec.Meta(ge=0, le=3600),
        Field(
            label=Text(N_("Offer to call back after so many seconds")),
            help=Text(N_("Whoever presses 1 keeps the place and is called when it is their turn. 0 never offers.")),
            input="number",
            group=_WAIT,
        ),
    ] = 60
    ring_seconds: Annotated[
        int,
        msgspec.Meta(ge=5, le=120),
        Field(label=Text(N_("An agent's phone rings for so many seconds")), input="number", group=_RING),
    ] = 20
    wrap_up_seconds: Annotated[
        int,
        msgspec.Meta(ge=0, le=1800),
        Field(
            label=Text(N_("Seconds for wrap-up")),
            help=Text(N_("Afterwards the next call may ring. 0 gives none.")),
            input="number",
            group=_RING,
        ),
    ] = 60
    away_after_unanswered: Annotated[
        bool,
        Field(
            label=Text(N_("Whoever does not answer counts as away")),
            help=Text(N_("So that callers do not ring an empty chair again and again.")),
            input="checkbox",
            group=_RING,
        ),
    ] = True
    most_seconds: Annotated[
        int,
        msgspec.Meta(ge=0, le=7200),
        Field(
            label=Text(N_("Callers wait at most so many seconds")),
            help=Text(N_("0 lets them wait as long as they like.")),
            input="number",
            group=_END,
        ),
    ] = 600
    most_waiting: Annotated[
        int,
        msgspec.Meta(ge=0, le=5000),
        Field(
            label=Text(N_("At most so many callers wait")),
            help=Text(N_("Further ones are treated as if they had waited too long. 0 sets no limit.")),
            input="number",
            group=_END,
        ),
    ] = 0
    then: Annotated[
        str,
        Field(
            label=Text(N_("Then")),
            input="select",
            choices=(
                Choice("voicemail", Text(N_("They may leave a message"))),
                Choice("queue", Text(N_("They wait in another queue"))),
                Choice("number", Text(N_("They are put through to a number"))),
                Choice("hang_up", Text(N_("We say good-bye"))),
            ),
            group=_END,
        ),
    ] = "voicemail"
    then_queue: Annotated[
        int | None, Field(label=Text(N_("Other queue")), input="select", required=False, group=_END)
    ] = None
    then_number: Annotated[
        str,
        Field(
            label=Text(N_("Other number")),
            placeholder="+995 322 000 333",
            required=False,
            autocomplete="off",
            group=_END,
        ),
    ] = ""
    targets_line: Annotated[
        str,
        Field(
            label=Text(N_("Service levels")),
            help=Text(N_("Percent in seconds, several with commas: 80/20, 90/60.")),
            group=_GOAL,
        ),
    ] = "80/20, 90/60"
    short_abandon: Annotated[
        int,
        msgspec.Meta(ge=0, le=60),
        Field(
            label=Text(N_("Whoever hangs up within so many seconds was not lost")),
            help=Text(N_("Short abandons are left out of the service level.")),
            input="number",
            group=_GOAL,
        ),
    ] = 5

    @property
    def targets(self) -> tuple[tuple[int, int], ...]:
        """(percent, seconds) of each; what cannot be read is left out."""
        found = []
        for part in self.targets_line.replace(";", ",").split(","):
            percent, slash, seconds = part.strip().partition("/")
            if slash and percent.strip().isdecimal() and seconds.strip().isdecimal():
                found.append((int(percent), int(seconds)))
        return tuple(found)

    def __post_init__(self) -> None:
        if self.targets_line.strip() and len(self.targets) != len(self.targets_line.replace(";", ",").split(",")):
            raise Invalid({"targets_line": _("Write percent/seconds, such as 80/20.")})


USUAL = QueueSettings()


async def _read() -> dict[int, QueueSettings]:
    rows = await db.fetch("SELECT queue, settings FROM voice_queue")
    return {row["queue"]: msgspec.json.decode(row["settings"], type=QueueSettings) for row in rows}


_known = Remembered("voice.queues", _read)


async def of(queue: int | None) -> QueueSettings:
    """A queue's, or the usual ones."""
    return (await _known.get()).get(queue, USUAL) if queue is not None else USUAL


async def save(queue: int, settings: QueueSettings) -> None:
    """Keep them; the caller has made sure of the right."""
    async with db.transaction():
        await db.fetch(
            "INSERT INTO voice_queue (queue, settings) VALUES ({}, {}) "
            "ON CONFLICT (queue) DO UPDATE SET settings = EXCLUDED.settings",
            queue,
            msgspec.json.encode(settings).decode(),
        )
        live.signal(0, "voice.queues")

"""How a dialling list is worked, as a supervisor sets it."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from polydesk import N_, Choice, Field, Text

Effect = Literal["success", "done", "again", "callback", "never"]

_HOW, _WAITS = Text(N_("How people are called")), Text(N_("Minutes until the next attempt"))


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent may choose after a call of the list. `label` is what is stored: renaming one begins another.

    "success" and "done" end it, "again" and "callback" have them called again, "never" puts them on the list of
    numbers nobody may call.
    """

    label: str
    effect: Effect = "done"


EFFECTS: dict[Effect, Text] = {
    "success": Text(N_("Reached its goal")),
    "done": Text(N_("Is settled")),
    "again": Text(N_("Try again later")),
    "callback": Text(N_("Call back at a promised time")),
    "never": Text(N_("Never call again")),
}


def _minutes(label: Text) -> Field:
    return Field(label=label, input="number", group=_WAITS)


Minutes = msgspec.Meta(ge=1, le=60 * 24 * 30)


class ListSettings(msgspec.Struct, frozen=True, kw_only=True):
    """One list's. Hours of dialling are the place's: see `places.PlaceSettings`."""

    pacing: Annotated[
        str,
        Field(
            label=Text(N_("Pacing")),
            input="select",
            choices=(
                Choice("preview", Text(N_("Preview: agents see who is next, then call"))),
                Choice("progressive", Text(N_("Progressive: whoever is ready gets the next call"))),
            ),
            group=_HOW,
        ),
    ] = "preview"
    attempts: Annotated[
        int,
        msgspec.Meta(ge=1, le=20),
        Field(label=Text(N_("Attempts at most")), input="number", group=_HOW),
    ] = 3
    machines: Annotated[
        bool,
        Field(
            label=Text(N_("Find out whether an answering machine picks up")),
            help=Text(N_("Those calls end at once. People may hear a short silence first.")),
            input="checkbox",
            group=_HOW,
        ),
    ] = False
    wait_busy: Annotated[int, Minutes, _minutes(Text(N_("after a busy line")))] = 15
    wait_no_answer: Annotated[int, Minutes, _minutes(Text(N_("after no answer")))] = 120
    wait_machine: Annotated[int, Minutes, _minutes(Text(N_("after an answering machine")))] = 240
    wait_failed: Annotated[int, Minutes, _minutes(Text(N_("after a call that failed")))] = 60
    wait_again: Annotated[int, Minutes, _minutes(Text(N_("after “try again later”, or when skipped")))] = 1440
    results: tuple[Result, ...] = (
        Result(label="Success", effect="success"),
        Result(label="Not interested"),
        Result(label="Not the right moment", effect="again"),
        Result(label="Wants to be called back", effect="callback"),
        Result(label="Wrong number"),
        Result(label="Does not want calls", effect="never"),
    )

    def wait(self, outcome: str) -> int:
        """Minutes until the next attempt after a call that ended like this."""
        known = {
            "busy": self.wait_busy,
            "machine": self.wait_machine,
            "failed": self.wait_failed,
            "again": self.wait_again,
            "skipped": self.wait_again,
        }
        return known.get(outcome, self.wait_no_answer)

    def result(self, label: str) -> Result | None:
        """The one of that name."""
        return next((each for each in self.results if each.label == label), None)


def read(stored: str) -> ListSettings:
    """What a list has stored."""
    return msgspec.json.decode(stored or "{}", type=ListSettings)

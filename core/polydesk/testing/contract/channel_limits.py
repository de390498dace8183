"""Clauses about a service that is busy, gone, silent or unwilling, or may be answered for some time only."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk.errors import Invalid
from polydesk.testing.contract.channel_author import ChannelAuthor
from polydesk.testing.contract.shapes import Mood, Said
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.wanting import broken, skip_unless, want

_SOON, _PATIENCE = 4.0, 7200.0


class Limits(ChannelAuthor):
    """A service that is busy, gone, silent or unwilling: each is something else, and the desk is told which."""

    async def test_limits__too_many_waits_and_is_then_sent_once(self, stage: Stage) -> None:
        """TryLater, with the service's own number of seconds."""
        item = await self.__answered(stage, "busy", "Slow down.")
        row = await stage.delivery(item)
        want(
            row["state"] == "queued",
            "a message the service is too busy for is queued (TryLater)",
            seen=row["state"],
            why="it will take it later",
            clause="limits",
        )
        await self.mood("well")
        if self.retry_after > _SOON:
            await stage.time_passes(self.retry_after - _SOON)
            want(
                not await self.received(),
                f"nothing is sent in the {self.retry_after:g} s it asked for (TryLater.after)",
                why="services block who does not wait",
                seen=await self.received(),
                clause="limits",
            )
        await stage.time_passes(self.retry_after + 120)
        await self.__sent_once(stage, item, "limits")

    async def test_limits__a_service_out_of_order_is_tried_again(self, stage: Stage) -> None:
        """Not the contact's fault and not the agent's."""
        item = await self.__answered(stage, "down", "Are you there?")
        state = (await stage.delivery(item))["state"]
        want(
            state in ("queued", "sending"),
            "a message is kept while its service is out of order",
            seen=state,
            why="it comes back (TryLater or OutcomeUnknown, never Refused)",
            clause="limits",
        )
        await self.mood("well")
        await stage.time_passes(_PATIENCE)
        await self.__sent_once(stage, item, "limits")

    async def test_limits__what_was_refused_is_told_in_the_services_words(self, stage: Stage) -> None:
        """Refused, once, and the agent reads why."""
        item = await self.__answered(stage, "refuse", "Hello?")
        row = await stage.delivery(item)
        want(
            row["state"] == "failed",
            "what the service refuses for good has failed (Refused)",
            seen=row["state"],
            why="trying again for two days helps nobody",
            clause="limits",
        )
        want(
            row["reason"].strip() and self.refusal in row["reason"],
            f"the agent reads why: {self.refusal!r}",
            why="only then can they do something about it",
            seen=row["reason"],
            clause="limits",
        )

    async def test_unknown__a_lost_answer_is_said_so(self, stage: Stage) -> None:
        """Handed over, and the line was dropped: it may have arrived."""
        item = await self.__answered(stage, "silent", "Did you get this?")
        row = await stage.delivery(item)
        want(
            row["state"] in ("sending", "sent", "delivered"),
            "a message whose answer was lost may have arrived (OutcomeUnknown)",
            why="sent again without a word, the contact reads it twice and nobody knows",
            seen=row["state"],
            clause="unknown",
        )
        await self.mood("well")
        await stage.time_passes(_PATIENCE)
        row = await stage.delivery(item)
        want(
            row["state"] in ("sent", "delivered", "read"),
            "in the end it is sent",
            why="it must not be stuck",
            seen=(row["state"], row["reason"]),
            clause="unknown",
        )

    async def __answered(self, stage: Stage, mood: Mood, text: str) -> int:
        self.carries(stage)
        self.claims_mood(mood)
        await self.begin(stage)
        item = await stage.reply(text)
        await self.mood(mood)
        await stage.desk.work()
        return item

    async def __sent_once(self, stage: Stage, item: int, clause: str) -> None:
        row, got = await stage.delivery(item), await self.received()
        want(
            row["state"] in ("sent", "delivered", "read") and len(got) == 1,
            "in the end it is sent, once",
            why="a message that waited is still wanted",
            seen=(row["state"], row["reason"], got),
            clause=clause,
        )


class Window(ChannelAuthor):
    """Where a service lets us answer for some time only, the desk must know when the contact wrote."""

    async def test_window__after_it_nothing_but_templates_is_sent(self, stage: Stage) -> None:
        """Counted from when the contact wrote, not from when we heard of it."""
        can = stage.channel.capabilities
        skip_unless(can.reply_window, "the service may be answered at any time (Capabilities(reply_window=0))")
        past = timedelta(seconds=max(can.reply_window, can.late_window) + 3600)
        await stage.bring(await self.comes(Said(id="late", text="hello?", at=datetime.now(UTC) - past)))
        try:
            await stage.reply("Sorry for the wait.")
        except Invalid:
            pass
        else:
            broken(
                "a reply after the window is refused before it is sent (Message.sent_at)",
                why="a message that was delivered late would seem to open the window anew",
                seen="the desk took it",
                clause="window",
            )
        await stage.bring(await self.comes(Said(id="now", text="still there?")))
        await stage.answer("Yes.")
        got = await self.received()
        want(
            len(got) == 1,
            "a fresh message opens the window",
            why="then the service takes any answer",
            seen=got,
            clause="window",
        )

"""Clauses about what comes in: counted once, with its files and words as they were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from polydesk.testing.contract import hostile
from polydesk.testing.contract.channel_author import ChannelAuthor
from polydesk.testing.contract.shapes import Said
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.wanting import skip_unless, want
from polydesk.types import Attached


class Counting(ChannelAuthor):
    """Everything may come twice, late and in disorder, and counts once."""

    async def test_counting__the_same_call_twice_counts_once(self, stage: Stage) -> None:
        """A service that did not hear our 200 calls again with the same bytes."""
        self.carries(stage)
        came = await self.comes(Said(id="a", text="once"))
        await stage.bring(came, came)
        await stage.bring(came)
        found, arrivals = await stage.messages(), await stage.arrivals()
        want(
            len(found) == 1,
            "what was delivered three times is one message",
            why="services repeat what they are not sure of",
            seen=found,
            clause="counting",
        )
        want(
            len(arrivals) <= 1,
            "the same delivery has the same `external_id`, so it is stored once",
            why="a hundred repeats must not become a hundred rows and jobs",
            seen=arrivals,
            clause="counting",
        )

    async def test_counting__a_message_packed_anew_counts_once(self, stage: Stage) -> None:
        """The same message in another envelope: only its own id tells."""
        self.carries(stage)
        said = Said(id="a", text="once", at=datetime.now(UTC) - timedelta(minutes=1))
        await stage.bring(await self.comes(said))
        await stage.bring(await self.comes(said))
        found = await stage.messages()
        want(
            len(found) == 1,
            "a message is known by the service's own id for it",
            why="after a break a service sends the same messages in other envelopes",
            seen=found,
            clause="counting",
        )

    async def test_counting__disorder_loses_nothing(self, stage: Stage) -> None:
        """Ten messages from one contact in any order, some twice, are ten in one conversation."""
        self.carries(stage)
        start = datetime.now(UTC) - timedelta(minutes=20)
        came = [
            await self.comes(Said(id=f"m{n}", text=f"part {n}", at=start + timedelta(minutes=n))) for n in range(10)
        ]
        for place in (3, 1, 2, 2, 9, 0, 8, 7, 3, 4, 6, 5, 0):
            await stage.knock(came[place])
        await stage.desk.work()
        found = await stage.messages()
        want(
            sorted(each["text"] for each in found) == [f"part {n}" for n in range(10)],
            "ten messages in disorder, some repeated, are ten",
            why="nothing may be lost or shown twice",
            seen=found,
            clause="counting",
        )


class Files(ChannelAuthor):
    """Files come and go whole."""

    async def test_files__come_in_whole(self, stage: Stage) -> None:
        """Bytes as they were sent, under a name that is no path."""
        self.carries(stage)
        skip_unless(self.in_files, "no files come in here (`in_files`)")
        for number, (name, kind, data) in enumerate(self.in_files):
            file = Attached(name=name, media_type=kind, data=data)
            await stage.bring(await self.comes(Said(id=f"f{number}", text="see this", files=(file,))))
            found = await stage.messages()
            want(
                len(found) == number + 1,
                "a message with a file is one message",
                why="it is one thing somebody said",
                seen=await stage.arrivals(),
                clause="files",
            )
            stored = await stage.files(found[-1]["id"])
            want(
                [each[1] for each in stored] == [data],
                f"{name} arrives byte for byte",
                why="a receipt that was changed is worth nothing",
                seen=[(each[0], len(each[1])) for each in stored],
                clause="files",
            )
            want(
                all("/" not in each[0] and "\\" not in each[0] for each in stored),
                "a file's name is no path",
                why="names come from strangers",
                seen=stored[0][0],
                clause="files",
            )


class Words(ChannelAuthor):
    """Any language, any sign, any length."""

    async def test_words__come_in_as_they_were_written(self, stage: Stage) -> None:
        """Right to left, emoji, combining signs, NUL and a very long text."""
        self.carries(stage)
        for number, words in enumerate(hostile.WORDS):
            await stage.bring(await self.comes(Said(id=f"w{number}", text=words)))
        found = [each["text"].strip() for each in await stage.messages()]
        wanted = [words.replace("\x00", "").strip() for words in hostile.WORDS]
        lost = [each[:60] for each in wanted if each not in found]
        want(
            not lost,
            "every text arrives as it was written (without NUL)",
            why="people write in every script",
            seen=f"lost or changed: {lost!r}; there: {[each[:60] for each in found]!r}",
            clause="words",
        )

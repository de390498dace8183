"""Clauses about what goes out: whole, once, and with the truth about what became of it."""

from __future__ import annotations

from polydesk import db
from polydesk.conversations import replying
from polydesk.conversations.extras import Extras
from polydesk.errors import Invalid
from polydesk.testing.contract import hostile
from polydesk.testing.contract.channel_author import ChannelAuthor
from polydesk.testing.contract.shapes import Received, Said
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.wanting import broken, skip_unless, want
from polydesk.types import Choice, Prompt

_LONG = 30_000


class Sending(ChannelAuthor):
    """A reply reaches the contact as it was written."""

    async def test_delivering__a_reply_reaches_the_contact(self, stage: Stage) -> None:
        """To whoever wrote, once, and the timeline says that it was sent."""
        await self.begin(stage)
        item = await stage.answer("It is on its way.")
        got = await self.__got(stage, item)
        want(
            "It is on its way." in got[-1].text and len(got) == 1,
            "a reply is sent once, word for word",
            why="the contact reads what the agent wrote",
            seen=got,
            clause="delivering",
        )
        want(
            got[-1].to == self.handle("nino").value,
            "it goes to whoever wrote",
            seen=got[-1].to,
            why="anything else tells one customer about another",
            clause="delivering",
        )
        state = (await stage.delivery(item))["state"]
        want(
            state in ("sent", "delivered", "read"),
            "a message the service took counts as sent",
            seen=state,
            why="agents see what became of it",
            clause="delivering",
        )

    async def test_words__go_out_as_they_were_written(self, stage: Stage) -> None:
        """Right to left, emoji, marks that mean something to the service, NUL."""
        await self.begin(stage)
        most = stage.channel.capabilities.max_text or _LONG
        for words in hostile.WORDS:
            sent = words[:most]
            before = len(await self.received())
            item = await stage.answer(sent)
            got = "".join(each.text for each in (await self.__got(stage, item))[before:])
            want(
                _plain(sent) in _plain(got),
                "a reply arrives as it was written (without NUL)",
                seen=(sent, got),
                why="people write in every script, and marks are not markup",
                clause="words",
            )

    async def test_words__the_longest_text_goes_out_whole(self, stage: Stage) -> None:
        """As long as `max_text` says, in as many parts as the service needs."""
        await self.begin(stage)
        most = stage.channel.capabilities.max_text or _LONG
        words = ("word " * most)[: most - 3].strip() + "end"
        item = await stage.answer(words)
        got = "".join(each.text for each in await self.__got(stage, item))
        want(
            _plain(words) in _plain(got),
            f"a text of {len(words)} characters arrives whole",
            why="`max_text` promises it to the composer",
            seen=f"{len(got)} characters",
            clause="words",
        )

    async def test_files__go_out_whole(self, stage: Stage) -> None:
        """What an agent attaches arrives byte for byte."""
        skip_unless(stage.channel.capabilities.attachments, "files cannot be sent (Capabilities(attachments=False))")
        await self.begin(stage)
        for name, kind, data in self.out_files:
            await replying.add_file(stage.owner, await stage.conversation(), name, kind, data)
            before = len(await self.received())
            item = await stage.answer("See the file.")
            got = [file for each in (await self.__got(stage, item))[before:] for file in each.files]
            want(
                got == [data],
                f"{name} goes out once, byte for byte",
                why="a file that was changed is worth nothing",
                seen=[len(each) for each in got],
                clause="files",
            )

    async def test_choices__are_shown_and_the_one_picked_comes_back(self, stage: Stage) -> None:
        """Buttons or a list, and the value of the one that was picked."""
        most = stage.channel.capabilities.choices
        skip_unless(most, "the channel shows no buttons (Capabilities(choices=0)): core numbers them in the text")
        await self.begin(stage)
        choices = tuple(Choice(value=f"v{n}", label=f"Choice {n}") for n in range(1, min(most, 3) + 1))
        item = await stage.answer("Which one?", Extras(prompt=Prompt(text="Which one?", choices=choices)))
        got = (await self.__got(stage, item))[-1]
        want(
            list(got.choices) == [each.label for each in choices],
            "a prompt's choices can be picked",
            why="menus ask before an agent does",
            seen=got,
            clause="choices",
        )
        await stage.bring(await self.comes(Said(id="picked", text=choices[0].label, choice=choices[0])))
        rows = await db.fetch("SELECT data FROM pd_item WHERE kind = 'message' AND direction = 'in' ORDER BY id DESC")
        want(
            '"choice":"v1"' in rows[0]["data"].replace(" ", ""),
            "what was picked comes back as Message.choice",
            why="labels are in the contact's language, values are not",
            seen=rows[0]["data"],
            clause="choices",
        )

    def test_delivering__addresses_are_read_as_agents_type_them(self, channel: object) -> None:
        """`recipient` answers a handle, or says what is wrong."""
        skip_unless(self.recipients, "the author gave no addresses (`recipients`)")
        for typed, value in self.recipients.items():
            try:
                found = channel.recipient(typed).value  # type: ignore[attr-defined]
            except Invalid as problem:
                want(
                    str(problem).strip(),
                    "Invalid says what to type instead",
                    why="an agent reads it",
                    clause="delivering",
                )
                found = ""
            want(
                found == value,
                f"{typed!r} is {value!r}",
                why="the same address must be one handle",
                seen=found,
                clause="delivering",
            )

    async def test_delivering__news_moves_a_message_forward_only(self, stage: Stage) -> None:
        """Delivered, read; what comes late or twice changes nothing."""
        told = [state for state in self.states if state != "failed"]
        skip_unless(told, "the service tells nothing of messages it took (`states`)")
        await self.begin(stage)
        item = await stage.answer("Thank you.")
        got = (await self.__got(stage, item))[-1]
        for state in told:
            await self.__tell(stage, got, state)
            now = (await stage.delivery(item))["state"]
            want(
                now == state,
                f"news that a message is {state} is shown",
                why="agents see whether they were read",
                seen=f"{now}; {await stage.arrivals()}",
                clause="delivering",
            )
        await self.__tell(stage, got, told[0])
        now = (await stage.delivery(item))["state"]
        want(now == told[-1], "old news moves nothing back", why="news overtakes news", seen=now, clause="delivering")

    async def test_delivering__a_later_failure_is_told_to_the_agent(self, stage: Stage) -> None:
        """Taken at first, and then it did not arrive."""
        skip_unless("failed" in self.states, "the service tells of no failures afterwards (`states`)")
        await self.begin(stage)
        item = await stage.answer("Thank you.")
        await self.__tell(stage, (await self.__got(stage, item))[-1], "failed")
        row = await stage.delivery(item)
        want(
            row["state"] == "failed" and row["reason"].strip(),
            "a failure told later is shown, with its reason",
            why="the agent must try another way",
            seen=(row["state"], row["reason"]),
            clause="delivering",
        )

    async def __tell(self, stage: Stage, got: Received, state: str) -> None:
        await stage.bring(await self.news(got, state))  # type: ignore[arg-type]

    async def __got(self, stage: Stage, item: int) -> list[Received]:
        for _pause in range(5):
            if (await stage.delivery(item))["state"] not in ("queued", "sending"):
                break
            # Many parts go out at the pace the service allows.
            await stage.time_passes(120)
        got = await self.received()
        if not got:
            row = await stage.delivery(item)
            broken(
                "a reply reaches the service",
                why="that is what a channel is for",
                seen=f"nothing came; the desk says {row['state']}: {row['reason']}",
                clause="delivering",
            )
        return got


def _plain(words: str) -> str:
    """Without what services may change, and where long texts are cut: NUL, line ends and spaces."""
    return "".join(words.replace("\x00", "").split())

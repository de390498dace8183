"""Clauses about what comes in: read, or refused in words, whatever the bytes."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from polydesk.errors import TryLater, Unreadable
from polydesk.inbound.reading import _KINDS as KINDS
from polydesk.testing.contract import hostile
from polydesk.testing.contract.channel_author import ChannelAuthor
from polydesk.testing.contract.shapes import Knock, Said
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.wanting import skip_unless, want
from polydesk.types import Arrival, Parsed

_NEVER = "an exception that is not Unreadable counts as a fault of the plugin, and five in a row put it to rest"
_FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=(Phase.generate, Phase.shrink),  # what hypothesis would explain takes longer than it helps
    suppress_health_check=list(HealthCheck),
)


class Reading(ChannelAuthor):
    """`parse` answers or raises Unreadable, whatever the bytes; it can run again and changes nothing."""

    __real: list[bytes] | None = None
    __call: Knock | None = None

    async def test_reading__a_message_becomes_one_item_from_its_sender(self, stage: Stage) -> None:
        """Words, sender and one conversation."""
        await self.begin(stage, "Where is order 1042?")
        found = await stage.messages()
        want(
            [each["text"] for each in found] == ["Where is order 1042?"],
            "what a contact wrote is one message of the timeline, word for word",
            why="that is what a channel is for",
            seen=found or await stage.arrivals(),
            clause="reading",
        )
        known = await _handles(found[0]["contact"])
        mine = self.handle("nino")
        want(
            (mine.kind, mine.value) in known,
            f"it is from {mine.kind}:{mine.value}",
            why="the same person must be found again when they write next",
            seen=known,
            clause="reading",
        )

    async def test_reading__two_contacts_are_two_conversations(self, stage: Stage) -> None:
        """Nobody reads what somebody else wrote."""
        self.carries(stage)
        await stage.bring(await self.comes(Said(id="a", text="one")))
        await stage.bring(await self.comes(Said(id="b", who="dato", text="two")))
        found = await stage.messages()
        want(
            len({each["conversation"] for each in found}) == 2 == len({each["contact"] for each in found}),
            "two people have two conversations",
            why="mixing them shows one person's words to the other",
            seen=found,
            clause="reading",
        )

    async def test_reading__each_sample_becomes_what_it_must(self, stage: Stage) -> None:
        """The author's own samples."""
        skip_unless(self.samples, "the author gave no samples (`samples`)")
        for sample in self.samples:
            made = await _made(stage, sample.raw, {"attempt": 1, **sample.hints})
            kind = Unreadable if isinstance(made, Refusal) else type(made)
            fits = issubclass(kind, sample.becomes) if isinstance(sample.becomes, tuple) else sample.becomes(made)
            want(
                fits,
                f"the sample {sample.name!r} becomes {sample.becomes}",
                why="its author says so",
                seen=repr(made),
                clause="reading",
            )

    async def test_reading__parse_can_run_again_and_changes_nothing(self, stage: Stage) -> None:
        """The same bytes are read again after a crash, or when an admin replays them."""
        self.carries(stage)
        await stage.knock(await self.comes(Said(id="a", text="twice")))
        before = await stage.rows()
        for raw in await stage.raws():
            first, second = await _made(stage, raw), await _made(stage, raw)
            want(
                first == second,
                "the same bytes are read the same way every time",
                seen=f"{first!r}\n{second!r}",
                why="a job that was killed runs again",
                clause="reading",
            )
        after = await stage.rows()
        changed = {name: (before.get(name), count) for name, count in after.items() if count != before.get(name)}
        want(not changed, "parse changes nothing", why="it may run twice, or in vain", seen=changed, clause="reading")

    async def test_reading__hostile_bytes_are_refused_in_words(self, stage: Stage) -> None:
        """A fixed list of the nastiest."""
        for raw in hostile.BYTES:
            await _made(stage, raw)

    @_FUZZ
    @given(data=st.data())
    async def test_reading__fuzzed_bytes_are_refused_in_words(self, stage: Stage, data: st.DataObject) -> None:
        """Real arrivals with parts cut off, bytes changed, and values of the wrong type."""
        if self.__real is None:
            self.__real = [each.raw for each in self.samples]
            if stage.channel.capabilities.writes:
                await stage.knock(await self.comes(Said(id="a", text="twice")))
                self.__real += await stage.raws()
        raw = data.draw(hostile.warped(self.__real))
        first = await _made(stage, raw)
        second = await _made(stage, raw)
        want(
            first == second,
            "odd bytes are read the same way every time",
            why="they may be read again",
            seen=raw,
            clause="reading",
        )

    @_FUZZ
    @given(data=st.data())
    async def test_reading__fuzzed_calls_are_answered(self, stage: Stage, data: st.DataObject) -> None:
        """A call with a right signature and a wrong body is answered, and what it holds is refused in words."""
        skip_unless(self.secret, "nothing calls this channel (`secret`)")
        if self.__call is None:
            came = await self.comes(Said(id="a", text="twice"))
            assert isinstance(came, Knock)
            self.__call = came
        body = data.draw(hostile.warped([self.__call.body]))
        odd = msgspec.structs.replace(self.__call, body=body)
        knock = self.signed(odd, stage.account.settings, stage.url(odd))
        try:
            answer = await stage.channel.webhook(stage.call(knock), [stage.account])
        except Exception as error:
            want(
                False,
                "`webhook` answers every signed call",
                why="503 has the service come again with it for days",
                seen=f"{type(error).__name__}: {error} at {body[:300]!r}",
                clause="reading",
            )
            return
        for each in answer.deliveries:
            await _made(stage, each.arrival.raw)


async def _handles(contact: int) -> set[tuple[str, str]]:
    from polydesk.contacts import identify

    return {(each.kind, each.value) for each in (await identify.load(contact)).handles}


async def _made(stage: Stage, raw: bytes, hints: dict[str, object] | None = None) -> Parsed | str:
    """What parse makes of bytes: a Parsed, or the name of the refusal."""
    __tracebackhide__ = True
    moment = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    arrival = Arrival(external_id="x", raw=raw, hints={"arrived_at": moment, "attempt": 1, **(hints or {})})
    try:
        made = await stage.channel.parse(arrival, stage.account)
    except (Unreadable, TryLater) as error:
        want(
            str(error).strip(),
            "Unreadable says why, in words",
            why="an admin reads it beside the bytes",
            seen=raw[:200],
            clause="reading",
        )
        return Refusal(str(error)) if isinstance(error, Unreadable) else "later"
    except Exception as error:
        want(
            False,
            "parse answers with what the bytes are, or raises Unreadable",
            why=_NEVER,
            seen=f"{type(error).__name__}: {error} at {raw[:300]!r}",
            clause="reading",
        )
    want(
        isinstance(made, KINDS),
        "parse answers with one of polydesk.types.Parsed",
        why="core knows no other",
        seen=repr(made),
        clause="reading",
    )
    want(
        _is_whole(made),
        "what parse answers has values of the types it declares",
        why="they go into the database",
        seen=f"{made!r} of {raw[:300]!r}",
        clause="reading",
    )
    return made


class Refusal(str):
    """An Unreadable's words."""

    __slots__ = ()


def _is_whole(made: object) -> bool:
    try:
        msgspec.convert(msgspec.to_builtins(made, builtin_types=(bytes, datetime)), type(made))
    except (msgspec.ValidationError, TypeError, ValueError, RecursionError, UnicodeEncodeError):
        return False
    return True

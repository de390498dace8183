"""The line breaks, is taken up again by another process, stutters and lies."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from polydesk import PolydeskError, Refused, TryLater, db
from polydesk.testing.telephone.ari_socket import Mischief
from polydesk.testing.telephone.exchange import Behaviour, Line
from polydesk.testing.telephone.waiting import until
from polydesk_voice.happenings import Heard, Incoming, MessageTaken, Met, Progressed, Ready, Recorded
from polydesk_voice.plan import Ask, HangUp, Meet, Speak, TakeMessage, Wait
from polydesk_voice.providers.ari.listening import Listener

from .conftest import Door, Script, Trial

ROOM = "pd-1-abcdef12"
MENU = Ask(says=(Speak(text="For orders, press 1"),), timeout=600)


async def _knows(trial: Trial, name: str, state: str = "up") -> None:
    """The desk has a party of this name."""
    await db.fetch(
        "INSERT INTO voice_leg (call, account, role, name, token, state) VALUES (1, 1, 'contact', {}, {}, {})",
        name,
        f"token of {name}",
        state,
    )


async def test_a_broken_line_is_said_and_calls_go_on_where_they_were(trial: Trial) -> None:
    asked = await trial.call((MENU,))
    waiting = await trial.call((Wait(seconds=600),))
    talking = await trial.call((Meet(room=ROOM, records=True),))
    other = await trial.call((Meet(room=ROOM, records=True),), "+995555000333")
    await talking.until(lambda it: bool(it.with_))
    await asked.until(lambda it: it.heard)
    for line in (asked, waiting, talking, other):
        await _knows(trial, line.channel.id)
    trial.exchange.drop_the_line()
    assert isinstance(await trial.broken(), PolydeskError)
    await waiting.hang_up()
    joined = [each for each in trial.exchange.commands if each.endswith("addChannel")]

    await trial.listen()
    over = await trial.script.until(Progressed)
    assert (over.leg, over.progress) == (waiting.channel.id, "completed")
    await asked.until(lambda it: len(it.heard) == 2)
    await asked.press("1")
    assert (await trial.script.until(Heard)).digits == "1"
    assert talking.with_
    assert [each for each in trial.exchange.commands if each.endswith("addChannel")] == joined, "nobody was moved"
    assert len(trial.exchange.pbx.live) == 1, "the recording went on"
    await talking.hang_up()
    await other.until(lambda it: it.music)


async def test_what_came_while_nobody_listened_is_found(trial: Trial) -> None:
    trial.exchange.phones["client:ana"] = Behaviour(after=5.0)
    message = await trial.call((TakeMessage(),))
    await message.until(lambda it: "beep" in it.heard)
    await message.say("It is about my order")
    await _knows(trial, message.channel.id)
    trial.script.answers[Ready] = (Wait(seconds=600),)
    trial.script.answers[MessageTaken] = (HangUp(),)
    rung = await trial.dial("client:ana")
    await trial.let_go()
    await message.press("#")
    new = await trial.exchange.call("+995555000999")
    trial.script.answers[Incoming] = (Wait(seconds=600),)
    picked = trial.exchange.pbx.channel(rung.name)
    await until(lambda: picked.state == "Up")

    await trial.listen()
    assert (await trial.script.until(Ready)).leg == rung.name
    assert (await trial.script.until(MessageTaken)).leg == message.channel.id
    assert (await trial.script.until(Recorded)).message
    await new.until(lambda it: it.music)
    await message.until(lambda it: it.ended)


async def test_events_that_come_late_and_twice_count_once(trial: Trial) -> None:
    trial.exchange.mischief = Mischief(late=0.02, duplicates=1.0)
    trial.exchange.drop_the_line()
    await trial.broken()
    await trial.listen()
    trial.script.answers[Heard] = lambda it: (Meet(room=ROOM),) if it.digits == "1" else (HangUp(),)
    lines = [await trial.call((MENU,), f"+99555500010{each}") for each in range(2)]
    for line in lines:
        await line.press("1")
    for line in lines:
        await line.until(lambda it: bool(it.with_))
    for line in lines:
        await line.hang_up()
    await trial.script.until(Progressed, 2)
    counts = [len(trial.script.of(kind)) for kind in (Incoming, Heard, Met, Progressed)]
    assert counts == [2, 2, 4, 2]


async def test_an_application_is_nobody_elses(trial: Trial) -> None:
    second = asyncio.create_task(Listener(trial.account, model=Script()).run(Door(trial.account)))
    assert isinstance(await trial.broken(), Refused)
    second.cancel()


@pytest.mark.parametrize(
    ("name", "value", "kind"), [("ari_password", "wrong", Refused), ("ari_url", "http://127.0.0.1:9", TryLater)]
)
async def test_a_line_that_cannot_be_had_says_why(trial: Trial, name: str, value: str, kind: type[Exception]) -> None:
    settings = msgspec.structs.replace(trial.account.settings, **{name: value})
    account = msgspec.structs.replace(trial.account, settings=settings)
    with pytest.raises(kind):
        await Listener(account, model=Script()).run(Door(account))
    trial.exchange.complaints.clear()


async def test_a_line_that_falls_again_and_again_loses_nobody(trial: Trial) -> None:
    trial.exchange.mischief = Mischief(drops=0.08, late=0.005)
    trial.script.answers[Heard] = lambda it: (Speak(text="Good-bye"), HangUp()) if it.digits else (MENU,)
    trial.exchange.drop_the_line()
    await trial.broken()
    await trial.again()

    async def insists(line: Line) -> None:
        """Presses 1 whenever the menu is heard."""
        answered: list[str] = []
        while not line.ended:
            await line.until(lambda it: bool(it.ended) or it.heard != answered)
            answered[:] = line.heard
            await line.press("1")

    lines = [await trial.call((MENU,), f"+99555500{number:04}", insists) for number in range(12)]
    for line in lines:
        await _knows(trial, line.channel.id)
    while not all(line.ended for line in lines):
        await trial.broken_or(lambda: all(line.ended for line in lines))
        await trial.again()
    assert trial.falls > 2
    assert all(line.ended == "completed" for line in lines)

"""Who hears whom: rooms, hold, listening, whispering, and what is recorded."""

from __future__ import annotations

from typing import Any

import pytest

from polydesk import db
from polydesk.testing.telephone.asterisk import AsteriskLine
from polydesk.testing.telephone.exchange import Behaviour, Line
from polydesk.testing.telephone.waiting import until
from polydesk_voice.happenings import Met, Progressed, Ready, Recorded
from polydesk_voice.plan import HangUp, Meet, Wait

from .conftest import CALLER, Trial

ROOM = "pd-1-abcdef12"


@pytest.fixture
def people(trial: Trial) -> dict[str, AsteriskLine]:
    """Phones that are picked up at once, by endpoint."""
    found: dict[str, AsteriskLine] = {}

    async def picked_up(endpoint: str, line: Line) -> None:
        assert isinstance(line, AsteriskLine)
        found[endpoint] = line

    trial.exchange.phones = {f"client:{name}": Behaviour(after=0.5) for name in ("ana", "ben", "zoe")}
    trial.exchange.picked_up = picked_up
    return found


async def _joined(trial: Trial, people: dict[str, AsteriskLine], endpoint: str, plan: Any) -> AsteriskLine:
    """Ring somebody who then does this."""
    trial.script.answers[Ready] = (plan,)
    ready = len(trial.script.of(Ready))
    await trial.dial(endpoint)
    await trial.script.until(Ready, ready + 1)
    return people[endpoint]


async def test_two_hear_each_other_and_one_alone_hears_music(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM),))
    await caller.until(lambda it: it.music)
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM))
    await ana.until(lambda it: it.with_ == {CALLER})
    await caller.until(lambda it: it.with_ == {"client:ana"} and not it.music)
    assert [each.inside for each in trial.script.of(Met)] == [True, True]
    await ana.hang_up()
    await caller.until(lambda it: it.music)


async def test_hold_and_back(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM),))
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM))
    await caller.until(lambda it: bool(it.with_))
    for _again in range(3):
        await trial.turn(caller, (Wait(seconds=600),))
        await caller.until(lambda it: it.music and not it.with_)
        assert not ana.with_
        await trial.turn(caller, (Meet(room=ROOM),))
        await caller.until(lambda it: it.with_ == {"client:ana"} and not it.music)
    inside = [each.inside for each in trial.script.of(Met) if each.leg == caller.channel.id]
    assert inside == [True, False] * 3 + [True]


async def test_the_room_goes_with_the_last(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM),))
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM))
    await caller.until(lambda it: bool(it.with_))
    await ana.hang_up()
    await caller.hang_up()
    await trial.script.until(Progressed, 2)
    await trial.script.until(Met, 4)
    await until(lambda: not trial.exchange.pbx.bridges)


async def test_whoever_ends_the_room_ends_it_for_all(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM, ends=True),))
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM))
    await ana.until(lambda it: bool(it.with_))
    trial.script.plans[ana.channel.id] = (HangUp(),)
    await caller.hang_up()
    await ana.until(lambda it: it.ended)


async def test_mute(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM),))
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM, muted=True))
    await ana.until(lambda it: it.with_ == {CALLER})
    assert caller.with_ == set()
    party = trial.party(ana.channel.id)
    await trial.provider.mute(trial.account, party, False)
    await caller.until(lambda it: it.with_ == {"client:ana"})
    await trial.provider.mute(trial.account, party, True)
    await caller.until(lambda it: it.with_ == set())


async def test_a_listener_hears_all_and_is_heard_by_nobody(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM),))
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM))
    zoe = await _joined(trial, people, "client:zoe", Meet(room=ROOM, role="listen"))
    await zoe.until(lambda it: it.with_ == {CALLER, "client:ana"})
    assert (caller.with_, ana.with_) == ({"client:ana"}, {CALLER})
    await caller.hang_up()
    await ana.until(lambda it: it.music)


async def test_a_whisper_reaches_one_alone(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM),))
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM))
    rows = await db.fetch(
        "INSERT INTO voice_leg (call, account, role, name, token, state) VALUES (1, 1, 'agent', {}, 'ana', 'up') "
        "RETURNING id",
        ana.channel.id,
    )
    zoe = await _joined(trial, people, "client:zoe", Meet(room=ROOM, role="whisper", only_to=rows[0]["id"]))
    await zoe.until(lambda it: it.with_ == {CALLER, "client:ana"})
    await ana.until(lambda it: it.with_ == {CALLER, "client:zoe"})
    assert caller.with_ == {"client:ana"}
    # From whisper to talk and back to listening.
    await trial.turn(zoe, (Meet(room=ROOM),))
    await caller.until(lambda it: it.with_ == {"client:ana", "client:zoe"})
    await trial.turn(zoe, (Meet(room=ROOM, role="listen"),))
    await caller.until(lambda it: it.with_ == {"client:ana"})
    await zoe.until(lambda it: it.with_ == {CALLER, "client:ana"})
    await trial.turn(zoe, (Meet(room=ROOM, role="whisper", only_to=rows[0]["id"]),))
    await ana.until(lambda it: it.with_ == {CALLER, "client:zoe"})
    # Who is whispered to hangs up: only listening is left.
    await db.fetch("UPDATE voice_leg SET state = 'ended' WHERE id = {}", rows[0]["id"])
    await ana.hang_up()
    await zoe.until(lambda it: it.with_ == {CALLER})
    assert caller.with_ == set()
    await zoe.hang_up()
    await caller.hang_up()
    await until(lambda: not trial.exchange.pbx.bridges and not trial.exchange.pbx.channels)


async def test_a_whisper_goes_on_after_a_break(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM),))
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM))
    rows = await db.fetch(
        "INSERT INTO voice_leg (call, account, role, name, token, state) VALUES (1, 1, 'agent', {}, 'ana', 'up') "
        "RETURNING id",
        ana.channel.id,
    )
    zoe = await _joined(trial, people, "client:zoe", Meet(room=ROOM, role="whisper", only_to=rows[0]["id"]))
    await ana.until(lambda it: it.with_ == {CALLER, "client:zoe"})
    trial.exchange.drop_the_line()
    await trial.broken()
    ears = [each for each in trial.exchange.commands if "/snoop/" in each]
    await trial.listen()
    await until(lambda: len([each for each in trial.exchange.commands if "/snoop/" in each]) > len(ears))
    await ana.until(lambda it: it.with_ == {CALLER, "client:zoe"})
    await zoe.until(lambda it: it.with_ == {CALLER, "client:ana"})
    assert caller.with_ == {"client:ana"}
    assert len(trial.exchange.pbx.bridges) == 2


async def test_a_talk_is_recorded_paused_and_kept(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM, records=True),))
    await caller.until(lambda it: it.music)
    assert trial.exchange.pbx.live == {}, "nobody talks yet"
    ana = await _joined(trial, people, "client:ana", Meet(room=ROOM, records=True))
    await caller.until(lambda it: bool(it.with_))
    await until(lambda: bool(trial.exchange.pbx.live))
    live = next(iter(trial.exchange.pbx.live.values()))
    await caller.say("My card number is")
    await trial.provider.record(trial.account, ROOM, "paused")
    assert live.state == "paused"
    await caller.say("4111 1111 1111 1111")
    await trial.provider.record(trial.account, ROOM, "recording")
    assert live.state == "recording"
    await ana.say("Thank you")
    assert [each.words for each in live.said] == ["My card number is", "Thank you"]
    await ana.hang_up()
    await caller.hang_up()
    recorded = await trial.script.until(Recorded)
    assert (recorded.room, recorded.message, recorded.channels) == (ROOM, False, 1)
    assert (await trial.provider.sound_of(trial.account, recorded.reference)).startswith(b"RIFF")
    assert [each.reference for each in await trial.provider.recordings(trial.account, room=ROOM)] == [
        recorded.reference
    ]
    await trial.provider.record(trial.account, ROOM, "paused")


async def test_a_recording_that_is_stopped_stays_stopped(trial: Trial, people: dict[str, AsteriskLine]) -> None:
    caller = await trial.call((Meet(room=ROOM, records=True),))
    await _joined(trial, people, "client:ana", Meet(room=ROOM, records=True))
    await caller.until(lambda it: bool(it.with_))
    await until(lambda: bool(trial.exchange.pbx.live))
    await trial.provider.record(trial.account, ROOM, "stopped")
    await trial.script.until(Recorded)
    await trial.turn(caller, (Wait(seconds=600),))
    await caller.until(lambda it: it.music)
    await trial.turn(caller, (Meet(room=ROOM, records=True),))
    await caller.until(lambda it: bool(it.with_))
    assert trial.exchange.pbx.live == {}

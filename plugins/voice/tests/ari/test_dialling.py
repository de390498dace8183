"""Ringing somebody, and all the ways in which that ends."""

from __future__ import annotations

import pytest

from polydesk import OutcomeUnknown, Refused, TryLater
from polydesk.testing.telephone.exchange import Behaviour
from polydesk_voice.happenings import Progressed, Ready
from polydesk_voice.plan import Wait
from polydesk_voice.providers.ari import endpoints
from polydesk_voice.providers.base import Party

from .conftest import Trial


async def test_a_phone_rings_and_is_answered(trial: Trial) -> None:
    trial.script.answers[Ready] = (Wait(seconds=600),)
    party = await trial.dial("number:+995555000222")
    ready = await trial.script.until(Ready)
    assert (ready.leg, ready.token) == (party.name, party.token)
    ringing = trial.script.of(Progressed)[0]
    assert ringing.progress == "ringing"
    assert (await trial.provider.look(trial.account, party)).progress == "answered"
    await trial.provider.hang_up(trial.account, party)
    await trial.provider.hang_up(trial.account, party)
    over = await trial.script.until(Progressed, 2)
    assert over.progress == "completed"
    assert not (await trial.provider.look(trial.account, party)).alive


@pytest.mark.parametrize(
    ("does", "ends"), [("busy", "busy"), ("declines", "busy"), ("fails", "failed"), ("rings", "no_answer")]
)
async def test_nobody_answers(trial: Trial, does: str, ends: str) -> None:
    trial.exchange.phones["client:ana"] = Behaviour(does=does)  # type: ignore[arg-type]
    for count in range(1, 4):
        await trial.dial("client:ana", ring_seconds=5)
        await trial.script.until(Progressed, count * (1 if ends in ("busy", "failed") and does != "declines" else 2))
    assert {each.progress for each in trial.script.of(Progressed)} - {"ringing"} == {ends}
    assert trial.script.of(Ready) == []


async def test_given_up_while_it_rings(trial: Trial) -> None:
    trial.exchange.phones["client:ana"] = Behaviour(does="rings")
    party = await trial.dial("client:ana")
    await trial.provider.hang_up(trial.account, party)
    assert (await trial.script.until(Progressed)).progress in ("failed", "no_answer")


async def test_asked_twice_it_rings_once(trial: Trial) -> None:
    party = trial.party(endpoint="client:ana")
    names = {
        await trial.provider.dial(trial.account, party, caller="+995322000111", ring_seconds=20, machine=True)
        for _again in range(2)
    }
    assert names == set(trial.exchange.pbx.channels)


async def test_what_is_no_address_is_never_dialled(trial: Trial) -> None:
    for endpoint in ("number:+995&PJSIP/all", "client:ana/../../x", "sip:ana@a,b", "mailto:ana", "number:", "sip:a b"):
        with pytest.raises(Refused):
            endpoints.of(endpoint, trial.account.settings)
    assert endpoints.of("sip:ana@pbx.example.org:5060", trial.account.settings) == "PJSIP/ana"
    assert endpoints.of("number:+995555", trial.account.settings) == "PJSIP/+995555@trunk"


async def test_what_is_down_is_asked_later_and_a_turn_waits_for_whoever_holds_the_line(
    trial: Trial,
) -> None:
    line = await trial.call((Wait(seconds=600),))
    await line.until(lambda it: it.music)
    await trial.let_go()
    with pytest.raises(TryLater):
        await trial.turn(line, (Wait(seconds=600),))
    gone = Party(id=1, call=1, name="gone", token="t")
    await trial.listen()
    await trial.provider.turn(trial.account, gone)
    await trial.exchange.stop()
    with pytest.raises((TryLater, OutcomeUnknown)):
        await trial.dial("client:ana")

"""The line to Asterisk breaks amid everything: Asterisk keeps the calls, and the desk goes on with them."""

from __future__ import annotations

import pytest

from polydesk.testing.telephone.asterisk import AsteriskExchange
from polydesk.testing.telephone.waiting import until
from polydesk_voice.calls import talking

from .conftest import CALLER, Board

pytestmark = pytest.mark.parametrize("board", ["ari"], indirect=True)


def exchange_of(board: Board) -> AsteriskExchange:
    assert isinstance(board.exchange, AsteriskExchange)
    return board.exchange


async def test_whoever_talks_notices_nothing(board: Board) -> None:
    agent, caller, hers = await board.talk()
    exchange_of(board).drop_the_line()
    await until(lambda: not exchange_of(board).listens("polydesk"))
    await until(lambda: exchange_of(board).listens("polydesk"))
    assert caller.with_ == {"client:ann"}
    call = (await board.call("talking"))["id"]
    await talking.hold(agent, call, True)
    await caller.until(lambda it: it.music and not it.with_)
    await talking.hold(agent, call, False)
    await caller.until(lambda it: it.with_ == {"client:ann"})
    await hers.hang_up()
    await caller.until(lambda it: it.ended)
    assert (await board.call("ended"))["outcome"] == "answered"


async def test_whoever_waits_goes_on_waiting_and_who_hung_up_meanwhile_is_over(board: Board) -> None:
    waits = await board.exchange.call(CALLER)
    leaves = await board.exchange.call("+995555000222")
    await waits.until(lambda it: it.music)
    await leaves.until(lambda it: it.music)
    exchange_of(board).drop_the_line()
    await leaves.hang_up()
    calls_meanwhile = await board.exchange.call("+995555000333")
    await calls_meanwhile.until(lambda it: it.music)
    rows = await board.desk.until("SELECT caller FROM voice_call WHERE outcome = 'abandoned'")
    assert [row["caller"] for row in rows] == ["+995555000222"]
    await calls_meanwhile.hang_up()
    await board.call(outcome="abandoned")
    await board.agent("Ann")
    await waits.until(lambda it: it.with_ == {"client:ann"})


async def test_a_phone_that_rings_may_be_answered_meanwhile(board: Board) -> None:
    await board.agent("Ann", after=4.0)
    caller = await board.exchange.call(CALLER)
    await board.call("ringing")
    await until(lambda: len(exchange_of(board).pbx.channels) == 2)
    exchange_of(board).drop_the_line()
    await caller.until(lambda it: it.with_ == {"client:ann"})

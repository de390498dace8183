"""A served desk and the make-believe Twilio: calls in and out, through real HTTP both ways."""

from __future__ import annotations

from polydesk.testing.telephone.exchange import Behaviour, Line

from .conftest import Board

IDA = "+995555000111"


def over(line: Line) -> bool:
    return bool(line.ended)


async def test_a_caller_waits_with_music_and_talks_to_the_agent_who_answers(board: Board) -> None:
    line = await board.exchange.call(IDA)
    await line.until(lambda it: it.music)
    assert any(each.endswith("/p/voice/hold.wav") for each in line.heard)
    ana = await board.agent("Ana")
    await line.until(lambda it: it.with_ == {"client:ana"})
    call = await board.call("talking")
    assert call["person"] == ana.id
    agent = next(each for each in board.exchange.lines.values() if each.who == "client:ana")
    await agent.say("Good morning, this is Ana")
    assert line.heard[-1] == "Good morning, this is Ana"
    await line.hang_up()
    await agent.until(over)
    assert (await board.call("ended"))["outcome"] == "answered"
    assert board.exchange.complaints == []
    assert board.exchange.fallbacks == []


async def test_whoever_hangs_up_in_the_queue_has_abandoned_it(board: Board) -> None:
    line = await board.exchange.call(IDA)
    await line.until(lambda it: it.music)
    await line.hang_up()
    assert (await board.call("ended"))["outcome"] == "abandoned"
    await board.exchange.settled()
    assert board.exchange.complaints == []


async def test_an_agent_who_does_not_answer_is_passed_over(board: Board) -> None:
    board.exchange.phones["client:ana"] = Behaviour(does="declines")
    await board.agent("Ana")
    line = await board.exchange.call(IDA)
    await board.desk.until("SELECT id FROM voice_leg WHERE role = 'agent' AND state = 'ended'")
    await board.agent("Bo")
    await line.until(lambda it: it.with_ == {"client:bo"})
    await line.hang_up()
    assert (await board.call("ended"))["outcome"] == "answered"

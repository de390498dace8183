"""The same call over every provider: what each person hears, from the first ring to the wrap-up."""

from __future__ import annotations

import pytest

from polydesk.channels import service as channels
from polydesk.queues import service as queues
from polydesk.testing.telephone.exchange import Behaviour
from polydesk_menus import service as menus
from polydesk_menus.tree import Ask, Collect, HandOver, Option, Tree
from polydesk_voice.calls import originate, talking, wrapping_up
from polydesk_voice.phones import service as phones

from .conftest import CALLER, Board


async def test_a_call_from_the_queue_to_the_wrap_up(board: Board) -> None:
    caller = await board.exchange.call(CALLER, name="Ida")
    await caller.until(lambda it: it.music)
    assert "hold the line" in " ".join(caller.heard).lower()
    agent = await board.agent("Ann")
    hers = await board.lifted("client:ann")
    await caller.until(lambda it: it.with_ == {"client:ann"} and not it.music)
    await hers.until(lambda it: it.with_ == {CALLER})
    call = await board.call("talking")
    assert call["person"] == agent.id
    await caller.hang_up()
    await hers.until(lambda it: it.ended)
    call = await board.call("ended")
    assert call["outcome"] == "answered"
    assert (await phones.of(agent.id)).state == "wrapping_up"
    await wrapping_up.finish(agent, call["id"], category="Late parcel", resolved=True)
    assert (await phones.of(agent.id)).state == "idle"
    assert await board.items() == [
        "call.began", "call.queued", "call.rang", "call.answered", "call.talked", "call.ended", "call.wrapped_up",
    ]  # fmt: skip


async def test_a_menu_by_keys(board: Board) -> None:
    returns = await queues.save_queue(board.owner, client=board.client, market=None, name="Returns")
    tree = Tree(
        steps=(
            Ask(
                id="a",
                words={"en": "What is it about?"},
                options=(
                    Option(id="o1", words={"en": "orders"}, steps=(HandOver(id="r1", queue=board.queue),)),
                    Option(id="o2", words={"en": "returns"}, steps=(HandOver(id="r2", queue=returns),)),
                ),
            ),
        ),
    )
    menu = await menus.create_menu(board.owner, board.client, None, "First contact", tree)
    await menus.publish(board.owner, menu, "for a test")
    caller = await board.exchange.call(CALLER)
    await caller.until(lambda it: any("returns" in each and "2" in each for each in it.heard))
    assert caller.heard[0] == "What is it about?"
    await caller.press("2")
    await caller.until(lambda it: it.music)
    assert (await board.call("queued"))["queue"] == returns
    wrong = await board.exchange.call("+995555000222")
    await wrong.until(lambda it: bool(it.heard))
    await wrong.press("9")
    await wrong.until(lambda it: "What is it about?" in " ".join(it.heard[1:]))
    await wrong.hang_up()
    assert (await board.call("ended"))["outcome"] == "left_menu"


async def test_a_number_is_entered_by_keys(board: Board) -> None:
    steps = (
        Collect(id="c", words={"en": "What is your order number?"}, attribute="order number"),
        HandOver(id="h", queue=board.queue),
    )
    menu = await menus.create_menu(board.owner, board.client, None, "First contact", Tree(steps=steps))
    await menus.publish(board.owner, menu, "for a test")
    caller = await board.exchange.call(CALLER)
    await caller.until(lambda it: any("press the hash key" in each for each in it.heard))
    await caller.press("48207#")
    await caller.until(lambda it: it.music)
    await board.desk.until("SELECT id FROM pd_conversation WHERE attributes LIKE '%48207%'")
    other = await board.exchange.call("+995555000222")
    await other.until(lambda it: any("press 0" in each for each in it.heard))
    await other.press("0#")
    await other.until(lambda it: it.music)
    rows = await board.desk.until("SELECT wanted_human FROM menus_session WHERE outcome = 'human' ORDER BY id")
    assert [bool(row["wanted_human"]) for row in rows] == [False, True]


async def test_hanging_up_in_the_queue(board: Board) -> None:
    caller = await board.exchange.call(CALLER)
    await caller.until(lambda it: it.music)
    await caller.hang_up()
    assert (await board.call("ended"))["outcome"] == "abandoned"


async def test_hold_and_back(board: Board) -> None:
    agent, caller, hers = await board.talk()
    call = await board.call("talking")
    for _again in range(2):
        await talking.hold(agent, call["id"], True)
        await caller.until(lambda it: it.music and not it.with_)
        await hers.until(lambda it: not it.with_)
        await talking.hold(agent, call["id"], False)
        await caller.until(lambda it: it.with_ == {"client:ann"} and not it.music)
    await hers.until(lambda it: it.with_ == {CALLER})


async def test_mute(board: Board) -> None:
    agent, caller, hers = await board.talk()
    call = (await board.call("talking"))["id"]
    await talking.mute(agent, call, True)
    await caller.until(lambda it: not it.with_)
    assert hers.with_ == {CALLER}
    await talking.hold(agent, call, True)
    await caller.until(lambda it: it.music)
    await talking.hold(agent, call, False)
    await hers.until(lambda it: it.with_ == {CALLER})
    assert not caller.with_, "hold does not unmute"
    await talking.mute(agent, call, False)
    await caller.until(lambda it: it.with_ == {"client:ann"})


async def test_a_blind_transfer_to_a_colleague(board: Board) -> None:
    agent, caller, hers = await board.talk()
    bob = await board.agent("Bob", after=4.0)
    call = (await board.call("talking"))["id"]
    await talking.bring_in(agent, call, person=bob.id, way="blind")
    await hers.until(lambda it: it.ended)
    await caller.until(lambda it: it.music)
    await board.lifted("client:bob")
    await caller.until(lambda it: it.with_ == {"client:bob"})
    assert (await board.call("talking"))["person"] == bob.id
    assert (await phones.of(agent.id)).state == "wrapping_up"


async def test_a_blind_transfer_to_a_number(board: Board) -> None:
    agent, caller, _hers = await board.talk()
    call = (await board.call("talking"))["id"]
    await talking.bring_in(agent, call, number="+995322999888", way="blind")
    await caller.until(lambda it: it.with_ == {"+995322999888"})
    await caller.hang_up()
    assert (await board.call("ended"))["outcome"] == "answered"


async def test_a_blind_transfer_to_another_queue(board: Board) -> None:
    returns = await queues.save_queue(board.owner, client=board.client, market=None, name="Returns")
    agent, caller, hers = await board.talk()
    call = (await board.call("talking"))["id"]
    await talking.to_queue(agent, call, returns)
    await hers.until(lambda it: it.ended)
    await caller.until(lambda it: it.music)
    assert (await board.call("queued"))["queue"] == returns


async def test_a_blind_transfer_nobody_answers_brings_them_back_to_the_queue(board: Board) -> None:
    agent, caller, _hers = await board.talk()
    bob = await board.agent("Bob", does="rings")
    call = (await board.call("talking"))["id"]
    await talking.bring_in(agent, call, person=bob.id, way="blind")
    await caller.until(lambda it: it.music)
    again = await board.call("queued")
    assert again["id"] == call
    assert caller.music


async def test_a_warm_transfer(board: Board) -> None:
    agent, caller, hers = await board.talk()
    bob = await board.agent("Bob")
    call = (await board.call("talking"))["id"]
    await talking.bring_in(agent, call, person=bob.id, way="warm")
    await caller.until(lambda it: it.music and not it.with_)
    his = await board.lifted("client:bob")
    await hers.until(lambda it: it.with_ == {"client:bob"})
    await his.until(lambda it: it.with_ == {"client:ann"})
    await talking.complete(agent, call)
    await hers.until(lambda it: it.ended)
    await caller.until(lambda it: it.with_ == {"client:bob"})
    assert (await board.call("talking"))["person"] == bob.id


async def test_a_warm_transfer_that_is_thought_better_of(board: Board) -> None:
    agent, caller, hers = await board.talk()
    bob = await board.agent("Bob")
    call = (await board.call("talking"))["id"]
    await talking.bring_in(agent, call, person=bob.id, way="warm")
    his = await board.lifted("client:bob")
    await hers.until(lambda it: it.with_ == {"client:bob"})
    await talking.send_away(agent, call)
    await his.until(lambda it: it.ended)
    await caller.until(lambda it: it.with_ == {"client:ann"})


async def test_a_conference(board: Board) -> None:
    agent, caller, hers = await board.talk()
    bob = await board.agent("Bob")
    call = (await board.call("talking"))["id"]
    await talking.bring_in(agent, call, person=bob.id, way="conference")
    his = await board.lifted("client:bob")
    await caller.until(lambda it: it.with_ == {"client:ann", "client:bob"})
    await his.until(lambda it: it.with_ == {"client:ann", CALLER})
    await hers.hang_up()
    await caller.until(lambda it: it.with_ == {"client:bob"})
    await his.hang_up()
    await caller.until(lambda it: it.ended)
    assert (await board.call("ended"))["outcome"] == "answered"


async def test_a_supervisor_listens_whispers_and_speaks(board: Board) -> None:
    _agent, caller, hers = await board.talk()
    zoe = await board.agent("Zoe", role="supervisor")
    call = (await board.call("talking"))["id"]
    await talking.monitor(zoe, call, "listen")
    ear = await board.lifted("client:zoe")
    await ear.until(lambda it: it.with_ == {CALLER, "client:ann"})
    assert (caller.with_, hers.with_) == ({"client:ann"}, {CALLER})
    await talking.monitor(zoe, call, "whisper")
    await hers.until(lambda it: it.with_ == {CALLER, "client:zoe"})
    assert caller.with_ == {"client:ann"}
    assert ear.with_ == {CALLER, "client:ann"}
    await talking.monitor(zoe, call, "talk")
    await caller.until(lambda it: it.with_ == {"client:ann", "client:zoe"})
    await caller.hang_up()
    await ear.until(lambda it: it.ended)
    await hers.until(lambda it: it.ended)
    assert (await phones.of(zoe.id)).state == "idle"


@pytest.mark.parametrize("who", ["caller", "agent", "desk"])
async def test_either_side_may_hang_up(board: Board, who: str) -> None:
    agent, caller, hers = await board.talk()
    call = await board.call("talking")
    if who == "desk":
        await talking.hang_up(agent, call["id"])
    else:
        await (caller if who == "caller" else hers).hang_up()
    await caller.until(lambda it: it.ended)
    await hers.until(lambda it: it.ended)
    assert (await board.call("ended"))["outcome"] == "answered"
    assert (caller.ended, hers.ended) == ("completed", "completed")
    assert (await phones.of(agent.id)).state == "wrapping_up"


async def test_nobody_answers_and_the_next_is_rung(board: Board) -> None:
    await board.queue_is(ring_seconds=5)
    await board.agent("Ann", does="rings")
    caller = await board.exchange.call(CALLER)
    await board.desk.until("SELECT id FROM pd_item WHERE kind = 'call.rang'")
    bob = await board.agent("Bob")
    await caller.until(lambda it: it.with_ == {"client:bob"})
    assert (await board.call("talking"))["person"] == bob.id
    assert (await board.items()).count("call.unanswered") == 1


@pytest.mark.parametrize("does", ["busy", "declines", "fails"])
async def test_a_phone_that_does_not_take_it(board: Board, does: str) -> None:
    await board.agent("Ann", does=does)
    caller = await board.exchange.call(CALLER)
    await board.desk.until("SELECT id FROM pd_item WHERE kind = 'call.unanswered'")
    await caller.until(lambda it: it.music)
    assert (await board.call("queued"))["outcome"] == ""


async def test_waiting_too_long_ends_in_a_message(board: Board) -> None:
    await board.queue_is(most_seconds=1, announce_every=15)
    caller = await board.exchange.call(CALLER)
    await caller.until(lambda it: "beep" in it.heard or any("after the tone" in each.lower() for each in it.heard))
    await board.call("message")
    await caller.say("Please call me back about my order. It has not come.")
    await caller.press("#")
    await caller.until(lambda it: it.ended)
    call = await board.call(outcome="voicemail")
    recording = await board.desk.until("SELECT * FROM voice_recording WHERE call = {} AND state = 'kept'", call["id"])
    assert recording[0]["kind"] == "message"


async def test_a_talk_is_recorded_with_their_knowledge(board: Board) -> None:
    await board.place_is(records=True, consent="en: This call is recorded.")
    agent, caller, hers = await board.talk()
    assert "This call is recorded." in caller.heard
    call = (await board.call("talking"))["id"]
    await caller.say("My number is")
    await talking.pause_recording(agent, call, True)
    await talking.pause_recording(agent, call, False)
    await hers.hang_up()
    await caller.until(lambda it: it.ended)
    recording = await board.desk.until("SELECT * FROM voice_recording WHERE call = {} AND state = 'kept'", call)
    assert recording[0]["kind"] == "call"


async def test_calling_out(board: Board) -> None:
    agent = await board.agent("Ann")
    account = await channels.load(board.line)
    board.exchange.phones["+995555000777"] = Behaviour(after=2.0)
    call = await originate.start(account, agent.id, "+995555000777", queue=board.queue)
    hers = await board.lifted("client:ann")
    his = await board.lifted("+995555000777")
    await hers.until(lambda it: it.with_ == {"+995555000777"})
    await his.until(lambda it: it.with_ == {"client:ann"})
    await his.hang_up()
    await hers.until(lambda it: it.ended)
    assert (await board.call("ended"))["id"] == call


async def test_whom_we_call_is_busy(board: Board) -> None:
    agent = await board.agent("Ann")
    account = await channels.load(board.line)
    board.exchange.phones["+995555000777"] = Behaviour(does="busy")
    await originate.start(account, agent.id, "+995555000777", queue=board.queue)
    hers = await board.lifted("client:ann")
    await hers.until(lambda it: it.ended)
    assert (await board.call("ended"))["outcome"] == "busy"


async def test_a_place_is_kept_and_called_back(board: Board) -> None:
    await board.queue_is(callback_after=1, announce_every=3)
    caller = await board.exchange.call(CALLER)
    await caller.until(lambda it: any("called back" in each for each in it.heard))
    await caller.press("1")
    await caller.until(lambda it: it.ended)
    await board.call(outcome="callback")
    board.exchange.phones[CALLER] = Behaviour(after=2.0)
    await board.agent("Ann")
    his = await board.lifted(CALLER)
    await his.until(lambda it: it.with_ == {"client:ann"})

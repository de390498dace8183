"""Each act of a plan, carried out at an Asterisk."""

from __future__ import annotations

from polydesk_voice.happenings import Heard, MessageTaken, Progressed, Recorded, Waited
from polydesk_voice.plan import Ask, HangUp, Refuse, Speak, TakeMessage, Wait

from .conftest import CALLER, Trial

HELLO = Speak(text="Good morning")
MENU = Ask(says=(Speak(text="For orders, press 1"), Speak(text="For returns, press 2")))


async def test_words_are_said_one_after_the_other_and_whoever_has_nothing_left_is_hung_up(trial: Trial) -> None:
    line = await trial.call((HELLO, Speak(text="How are you?", language="de")))
    await line.until(lambda it: it.ended)
    assert line.heard == ["Good morning", "How are you?"]
    assert line.ended == "completed"
    over = await trial.script.until(Progressed)
    assert (over.progress, over.leg) == ("completed", line.channel.id)


async def test_a_call_tells_who_calls_whom(trial: Trial) -> None:
    line = await trial.exchange.call(CALLER, name="Ida")
    await line.until(lambda it: it.ended)
    incoming = trial.script.told[0]
    assert (incoming.caller, incoming.caller_name, incoming.called) == (CALLER, "Ida", "+995322000111")


async def test_a_key_interrupts_and_is_the_answer(trial: Trial) -> None:
    trial.script.answers[Heard] = (HangUp(),)
    line = await trial.call((MENU,))
    await line.until(lambda it: it.heard)
    await line.press("2")
    heard = await trial.script.until(Heard)
    assert heard.digits == "2"
    await line.until(lambda it: it.ended)
    assert line.heard == ["For orders, press 1"], "what was left to say was not said"


async def test_silence_is_an_answer_too(trial: Trial) -> None:
    await trial.call((MENU,))
    assert (await trial.script.until(Heard)).digits == ""


async def test_any_number_of_keys_ends_with_a_hash(trial: Trial) -> None:
    line = await trial.call((Ask(says=(Speak(text="Your order number"),), digits=0),))
    await line.press("4711#9")
    assert (await trial.script.until(Heard)).digits == "4711"


async def test_keys_pressed_ahead_answer_the_next_question(trial: Trial) -> None:
    trial.script.answers[Heard] = lambda it: (MENU,) if it.digits == "1" else (HangUp(),)
    line = await trial.call((MENU,))
    await line.press("1#2")
    await line.until(lambda it: it.ended)
    assert [each.digits for each in trial.script.of(Heard)] == ["1", "2"]


async def test_waiting_is_music_until_the_time_is_up_and_goes_on_without_a_gap(trial: Trial) -> None:
    line = await trial.call((Wait(says=(Speak(text="Please hold"),), seconds=10),))
    trial.script.answers[Waited] = (Wait(seconds=10),)
    await line.until(lambda it: it.music)
    await trial.script.until(Waited, 3)
    assert line.heard == ["Please hold"]
    music = [each for each in trial.exchange.commands if each.endswith("/moh")]
    assert music == [f"POST channels/{line.channel.id}/moh"], "the music began once and never stopped"


async def test_a_key_that_counts_ends_waiting_and_another_does_not(trial: Trial) -> None:
    line = await trial.call((Wait(seconds=600, keys="1"),))
    await line.until(lambda it: it.music)
    await line.press("7")
    await line.press("1")
    assert (await trial.script.until(Heard)).digits == "1"


async def test_a_message_is_taken_and_kept(trial: Trial) -> None:
    trial.script.answers[MessageTaken] = (Speak(text="Thank you"), HangUp())
    line = await trial.call((Speak(text="After the tone"), TakeMessage()))
    await line.until(lambda it: "beep" in it.heard)
    await line.say("Where is my parcel? It should have come on Monday.")
    await line.press("#")
    await line.until(lambda it: it.ended)
    assert line.heard[-1] == "Thank you"
    recorded = await trial.script.until(Recorded)
    assert recorded.message
    assert recorded.leg == line.channel.id
    sound = await trial.provider.sound_of(trial.account, recorded.reference)
    assert sound.startswith(b"RIFF")
    await trial.provider.erase(trial.account, recorded.reference)
    await trial.provider.erase(trial.account, recorded.reference)
    assert trial.exchange.pbx.stored == {}


async def test_a_message_ends_with_the_receiver_put_down(trial: Trial) -> None:
    line = await trial.call((TakeMessage(),))
    await line.until(lambda it: "beep" in it.heard)
    await line.say("Call me back please")
    await line.hang_up()
    taken = await trial.script.until(MessageTaken)
    assert taken.seconds >= 1
    await trial.script.until(Progressed)
    await trial.script.until(Recorded)


async def test_silence_on_tape_is_no_message(trial: Trial) -> None:
    await trial.call((TakeMessage(silence=4),))
    assert (await trial.script.until(MessageTaken)).seconds == 0
    assert trial.script.of(Recorded) == []


async def test_a_call_that_is_refused_was_never_answered(trial: Trial) -> None:
    busy = await trial.call((Refuse(busy=True),))
    await busy.until(lambda it: it.ended)
    refused = await trial.call((Refuse(),))
    await refused.until(lambda it: it.ended)
    assert (busy.ended, refused.ended) == ("busy", "refused")
    assert not any(each.endswith("/answer") for each in trial.exchange.commands)


async def test_a_turn_drops_whatever_goes_on(trial: Trial) -> None:
    line = await trial.call((Speak(text="A very long story. " * 40),))
    await line.until(lambda it: it.heard)
    await trial.turn(line, (Speak(text="Something else"), Wait(seconds=600)))
    await line.until(lambda it: it.music)
    assert line.heard[-1] == "Something else"
    assert not trial.exchange.pbx.playbacks


async def test_whoever_hangs_up_amid_everything_is_over(trial: Trial) -> None:
    for plan in ((HELLO, MENU), (Wait(seconds=600),), (TakeMessage(),)):
        line = await trial.call(plan)
        await line.until(lambda it: it.heard or it.music)
        await line.hang_up()
    await trial.script.until(Progressed, 3)
    assert {each.progress for each in trial.script.of(Progressed)} == {"completed"}

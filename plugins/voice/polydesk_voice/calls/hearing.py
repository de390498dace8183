"""What callers hear in each situation, as plans."""

from __future__ import annotations

from polydesk.channels import service as channels
from polydesk.conversations import waiting
from polydesk.prompts import keys_of
from polydesk.types import Prompt, Scope
from polydesk_voice import places
from polydesk_voice.calls.rows import Row
from polydesk_voice.plan import Ask, HangUp, Meet, Plan, Speak, TakeMessage, Wait
from polydesk_voice.queueing.settings import QueueSettings
from polydesk_voice.spoken import phrases
from polydesk_voice.spoken.prompts import speak

HOLD_SECONDS = 30
PATIENCE = 6


async def words(call: Row, text: str, language: str = "") -> Speak:
    """Any words to the caller."""
    return await speak(call["client"], language or call["language"] or "en", text)


async def phrase(call: Row, name: str, **holes: str | int) -> Speak:
    """One of the desk's own phrases, in the caller's language, else the market's."""
    spoken, language = phrases.spoken(call["language"], *await places.languages_of(_scope(call)))
    return await words(call, getattr(spoken, name).format(**holes), language)


async def question(call: Row, prompt: Prompt, before: tuple[Speak, ...] = ()) -> Plan:
    """A menu's question with the key of each choice, and whatever comes before it."""
    language = prompt.language or call["language"]
    own, spoken_in = phrases.spoken(language, *await places.languages_of(_scope(call)))
    says = [*before, await words(call, prompt.text, language)]
    if prompt.open:
        says.append(await words(call, own.then_hash, spoken_in))
    for key, choice in keys_of(prompt):
        says.append(await words(call, own.press.format(label=choice.label, key=key), spoken_in))
    account = await channels.load(call["account"])
    return (
        Ask(
            says=tuple(says),
            digits=1 if prompt.choices and not prompt.open else 0,
            speech=account.settings.speech,
            timeout=PATIENCE,
            language=language or spoken_in,
            hints=tuple(choice.label for choice in prompt.choices),
        ),
    )


async def line(
    call: Row, settings: QueueSettings, *, announce: bool = False, offer: bool = False, keys: bool = False, first: bool
) -> Plan:
    """Music in the queue, with place and wait now and then, and the offer to be called back.

    With `keys` it may be taken: not before it was made.
    """
    says: list[Speak] = []
    if first:
        says.append(await phrase(call, "connecting"))
    if announce and (place := await waiting.place_in_queue(call["conversation"])) is not None:
        says.append(await phrase(call, "place", place=place.position))
        if place.expected_seconds is None or place.expected_seconds < 90:
            says.append(await phrase(call, "soon"))
        else:
            says.append(await phrase(call, "minutes", minutes=round(place.expected_seconds / 60)))
    if offer:
        says.append(await phrase(call, "offer_callback"))
    seconds = settings.announce_every or HOLD_SECONDS
    return (Wait(says=tuple(says), music=settings.music, seconds=seconds, keys="1" if keys else ""),)


def hold(settings: QueueSettings) -> Plan:
    """Music while an agent is away from the line."""
    return (Wait(music=settings.music, seconds=HOLD_SECONDS),)


def meet(call: Row, leg: Row, *, before: tuple[Speak, ...] = (), music: str = "", only_to: int = 0) -> Plan:
    """In the call's room, as the party that they are; a listener may speak to one other alone."""
    return (
        *before,
        Meet(
            room=call["room"],
            role=leg["mode"] if leg["role"] == "listener" else "talk",
            only_to=only_to,
            muted=bool(leg["muted"]),
            records=bool(call["records"]),
            music=music,
        ),
    )


async def message(call: Row, *before: str) -> Plan:
    """A tone, and their words on tape."""
    says = [await phrase(call, name) for name in (*before, "leave_message")]
    return (*says, TakeMessage())


async def farewell(call: Row, *names: str) -> Plan:
    """Some words, and good-bye."""
    return (*[await phrase(call, name) for name in names], HangUp())


def _scope(call: Row) -> Scope:
    return Scope(call["client"], call["market"])

"""Before an agent: hours, consent, and whatever plugins ask, by keys and by voice."""

from __future__ import annotations

from datetime import datetime

import msgspec

from polydesk import db, prompts
from polydesk.contacts import identify
from polydesk.conversations import attending
from polydesk.types import Account, Conversation, Item, Prompt, Scope, Step
from polydesk_voice import items, places
from polydesk_voice.calls import hearing, rows, ways
from polydesk_voice.calls.rows import Row
from polydesk_voice.emergency import service as emergency
from polydesk_voice.happenings import Heard
from polydesk_voice.plan import Plan, Speak
from polydesk_voice.spoken import phrases

_MISSES = 2
"""After so many silences in a row a person takes over: whoever cannot press keys must not be lost."""


async def begin(account: Account, leg: Row, call: Row, item: Item, now: datetime) -> Plan:
    """The first words of an incoming call."""
    scope = Scope(call["client"], call["market"])
    settings = await places.of(scope)
    consent = settings.consent_in(call["language"]) if settings.records else ""
    before = (await hearing.words(call, consent),) if consent else ()
    moved = await emergency.of_line(client=call["client"], market=call["market"], account=call["account"])
    if moved is not None:
        way = await ways.by_diversion(call, moved)
        if way.kind in ("queue", "number"):
            way = msgspec.structs.replace(way, plan=(*before, *way.plan))
        return await _go(leg, way, now)
    if not await places.is_open(scope, now):
        return await _go(leg, await ways.closed(call, message=settings.closed == "voicemail"), now)
    return await _step(account, leg, call, item, now, before)


async def languages(account: Account) -> tuple[str, ...]:
    """What is spoken where a line belongs."""
    return await places.languages_of(Scope(account.client, account.market))


async def records(account: Account) -> bool:
    """Are calls recorded where a line belongs?"""
    return (await places.of(Scope(account.client, account.market))).records


async def heard(account: Account, leg: Row, call: Row, it: Heard, now: datetime) -> Plan:
    """An answer by keys or by voice, or silence."""
    prompt = msgspec.json.decode(call["prompt"], type=Prompt) if call["prompt"] else None
    if prompt is None:
        return rows.stored_plan(leg)
    if not it.digits and not it.speech:
        return await _silence(account, leg, call, prompt, it, now)
    text, choice = _meaning(prompt, it, call)
    conversation = await _conversation(call)
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] != "menu" or not await rows.counts(account.id, it.key, now):
            return rows.stored_plan(scene.leg)
        await rows.set_call(scene.call, misses=0)
        item = await attending.said(
            conversation,
            kind=items.SAID,
            text=text,
            choice=choice,
            data={"call": call["id"], "digits": it.digits, "speech": it.speech},
        )
    return await _step(account, leg, call, item, now)


def _meaning(prompt: Prompt, it: Heard, call: Row) -> tuple[str, str]:
    """The words and the choice that were meant; 0 where it picks nothing asks for a person, as everywhere."""
    if it.digits:
        keys = dict(prompts.keys_of(prompt))
        if found := keys.get(it.digits):
            return found.label, found.value
        if it.digits == "0" and prompt.choices:
            return phrases.spoken(prompt.language, call["language"])[0].person, ""
        return it.digits, ""
    return it.speech, prompts.match(prompt.choices, it.speech) or ""


async def _step(
    account: Account, leg: Row, call: Row, item: Item, now: datetime, before: tuple[Speak, ...] = ()
) -> Plan:
    contact = await identify.load(call["contact"])
    step = await attending.ask(await _conversation(call), contact, item)
    if step is not None and step.learned.language and step.learned.language != call["language"]:
        call = {**call, "language": step.learned.language}
    if step is not None and step.say:
        before = (*before, await hearing.words(call, step.say))
    if step is not None and step.ask is not None:
        return await _ask(leg, call, step.ask, before, now)
    if step is not None and step.solve:
        plan = (*before, *await hearing.farewell(call, "goodbye"))
        return await _say(leg, call, plan, "self_service", now)
    return await _to_queue(leg, call, step, before, now)


async def _to_queue(leg: Row, call: Row, step: Step | None, before: tuple[Speak, ...], now: datetime) -> Plan:
    queue, reason = await attending.queue_for(call["conversation"], step.queue if step is not None else None)
    if step is not None and step.reason is not None:
        reason = step.reason
    first = not (step is not None and step.say)
    return await _go(leg, await ways.into(call, queue, reason, before=before, first=first), now, call["language"])


async def _silence(account: Account, leg: Row, call: Row, prompt: Prompt, it: Heard, now: datetime) -> Plan:
    if call["misses"] + 1 > _MISSES:
        async with db.transaction():
            scene = await rows.enter(leg["id"], now)
            if scene.call["state"] != "menu" or not await rows.counts(account.id, it.key, now):
                return rows.stored_plan(scene.leg)
        return await _to_queue(leg, call, None, (), now)
    plan = await hearing.question(call, prompt, (await hearing.phrase(call, "nothing"),))
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] == "menu" and await rows.counts(account.id, it.key, now):
            await rows.set_call(scene.call, misses=scene.call["misses"] + 1)
            await rows.set_plan(scene.leg, plan)
        return rows.stored_plan(scene.leg)


async def _ask(leg: Row, call: Row, prompt: Prompt, before: tuple[Speak, ...], now: datetime) -> Plan:
    plan = await hearing.question(call, prompt, before)
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] == "menu" and scene.leg["state"] == "up":
            await rows.set_call(
                scene.call, prompt=db.clean(msgspec.json.encode(prompt).decode()), language=call["language"]
            )
            await rows.set_plan(scene.leg, plan)
        return rows.stored_plan(scene.leg)


async def _say(leg: Row, call: Row, plan: Plan, why: str, now: datetime) -> Plan:
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] == "menu" and scene.leg["state"] == "up":
            await rows.set_call(scene.call, why=why, prompt="", language=call["language"])
            await rows.set_plan(scene.leg, plan)
        return rows.stored_plan(scene.leg)


async def _go(leg: Row, way: ways.Way, now: datetime, language: str | None = None) -> Plan:
    async with db.transaction():
        scene = await rows.enter(leg["id"], now)
        if scene.call["state"] == "menu" and scene.leg["state"] == "up" and not scene.call["why"]:
            if language is not None and language != scene.call["language"]:
                await rows.set_call(scene.call, language=language)
            await ways.take(scene.call, scene.leg, way, now)
        return rows.stored_plan(scene.leg)


async def _conversation(call: Row) -> Conversation:
    return await attending.load(call["conversation"])

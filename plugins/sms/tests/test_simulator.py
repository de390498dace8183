"""The make-believe gateway of `polydesk simulate`."""

from __future__ import annotations

import asyncio

import pytest

from polydesk.conversations import replying
from polydesk.conversations.extras import Extras
from polydesk.simulator import Persona, Saying
from polydesk.types import Choice, Prompt
from polydesk_sms.simulator import SmsSimulator

from .conftest import IDA, Line

IDA_K = Persona(key="ida", name="Ida K", language="en", kind="customer", email="ida@example.org", phone=IDA)


@pytest.mark.parametrize(
    ("text", "offered"),
    [("Which one?", ("Parcel", "Invoice")), ("1. is no list\nnor is this", ()), ("Plain words", ())],
)
async def test_people_see_what_they_may_choose_and_type_its_number(
    line: Line, text: str, offered: tuple[str, ...]
) -> None:
    simulator = SmsSimulator()
    settings = await simulator.start(line.gateway.hook)
    try:
        await line.change(api_url=settings.api_url, account_sid=settings.account_sid, token=settings.token)
        await simulator.say(IDA_K, Saying(text="hello"))
        conversation = await line.conversation()
        choices = tuple(Choice(value=f"v-{label}", label=label) for label in offered)
        extras = Extras(prompt=Prompt(text=text, choices=choices) if choices else None)
        await replying.reply(line.owner, conversation, text, extras=extras)
        async with asyncio.timeout(15):
            heard = await anext(aiter(simulator.heard()))
        assert heard.choices == tuple(Choice(value=str(place), label=each) for place, each in enumerate(offered, 1))
        if heard.choices:
            await simulator.say(IDA_K, Saying(text=heard.choices[1].label, choice=heard.choices[1]))
            await line.desk.until("SELECT id FROM pd_item WHERE text = '2' AND direction = 'in'")
    finally:
        await simulator.stop()

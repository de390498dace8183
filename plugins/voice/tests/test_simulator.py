"""The make-believe exchange of `polydesk simulate`: people call, press what is offered, and talk to whoever answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import assigning
from polydesk.queues import service as queues
from polydesk.simulator import Heard, Persona, Saying
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import LiveDesk
from polydesk_menus import service as menus
from polydesk_menus.tree import Ask, HandOver, Option, Tree
from polydesk_voice import simulator as simulation
from polydesk_voice.phones import service as phones
from polydesk_voice.simulator import VoiceSimulator, choices

IDA = Persona(key="ida", name="Ida K", language="en", kind="customer", email="ida@x.example", phone="+995555000111")


@pytest.fixture
def haste(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody thinks for long."""
    monkeypatch.setattr(simulation, "_ENOUGH_SECONDS", 0.3)
    monkeypatch.setattr(simulation, "_PICKS_UP_AFTER", 0.3)
    monkeypatch.setattr(simulation, "_THINKS_SECONDS", 0.1)
    monkeypatch.setattr(simulation, "_NOTHING_MORE_SECONDS", 1.0)


async def hears(heard: Any, words: str) -> Heard:
    """What is heard next that has these words; a machine may have said something before it."""
    async with asyncio.timeout(20):
        async for each in heard:
            if words in each.text:
                return each
    raise AssertionError(words)


@pytest.mark.parametrize(("kind", "endpoint"), [("client", "mara"), ("number", "+995555999000")])
async def test_somebody_calls_presses_a_key_talks_and_hangs_up(
    live_desk: LiveDesk, haste: None, kind: str, endpoint: str
) -> None:
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    client = owner.clients[0]
    queue = await queues.save_queue(owner, client=client, market=None, name="Orders")
    steps = (HandOver(id="h1", queue=queue),)
    tree = Tree(
        steps=(
            Ask(
                id="a",
                words={"en": "What is it about?"},
                options=(Option(id="o", words={"en": "orders"}, steps=steps),),
            ),
        )
    )
    await menus.publish(owner, await menus.create_menu(owner, client, None, "First contact", tree), "for a test")
    await phones.set_up(owner, kind, endpoint)
    await assigning.set_presence(owner, "ready")
    simulator = VoiceSimulator()
    settings = await simulator.start(f"{live_desk.url}/hooks/voice")
    heard = aiter(simulator.heard())
    try:
        await channels.save_account(
            owner, channel="voice", client=client, market=None, name="Line", settings=settings, queue=queue
        )
        await simulator.say(IDA, Saying(text="Where is my parcel?"))
        asked = await hears(heard, "press 1")
        assert [(each.value, each.label) for each in asked.choices] == [("1", "orders")]
        await simulator.say(IDA, Saying(text="orders", choice=asked.choices[0]))
        await hears(heard, "how can I help")
        await simulator.say(IDA, Saying(text="It should have been here on Monday."))
        await hears(heard, "look that up")
        await live_desk.until("SELECT id FROM voice_call WHERE state = 'ended' AND outcome = 'answered'")
        rows = await db.fetch("SELECT c.name FROM pd_contact c JOIN pd_identity i ON i.contact = c.id")
        assert [row["name"] for row in rows] == ["Ida K"]
    finally:
        await simulator.stop()


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        (["Hello.", "For orders, press 1.", "For a person, press 0."], [("1", "orders"), ("0", "a person")]),
        (["заказ: нажмите 2."], [("2", "заказ")]),
        (["Press 1 to take the call."], []),
    ],
)
def test_keys_are_understood_in_every_language(said: list[str], offered: list[tuple[str, str]]) -> None:
    assert [(each.value, each.label) for each in choices(said)] == offered

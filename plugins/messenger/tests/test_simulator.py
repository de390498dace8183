"""The make-believe page and account of `polydesk simulate`."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from polydesk import db
from polydesk.conversations import replying
from polydesk.simulator import Persona, Saying
from polydesk.testing.meta import GraphError, page_requests
from polydesk.types import Account, Attached, Choice
from polydesk_messenger import people as known
from polydesk_messenger.simulator import InstagramSimulator, MessengerSimulator

NINO = Persona(key="nino", name="Nino K", language="ka", kind="customer", email="n@example.org", phone="+995555000111")


@pytest.mark.parametrize("simulator", [MessengerSimulator(), InstagramSimulator()], ids=["messenger", "instagram"])
async def test_a_persona_speaks_and_hears(live_desk: Any, simulator: MessengerSimulator, save: Any) -> None:
    known._known.clear()
    settings = await simulator.start(f"{live_desk.url}/hooks/{simulator.channel}")
    try:
        address = settings.account_id
        about = Account(id=0, client=0, channel=simulator.channel, name="S", address=address, settings=settings)
        owner, _account = await save(about)
        await simulator.say(NINO, Saying(text="Where is it?"))
        picture = Attached(name="a.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n")
        await simulator.say(NINO, Saying(files=(picture,)))
        await simulator.say(NINO, Saying(choice=Choice(value="v1", label="Orders")))
        await live_desk.until("SELECT id FROM pd_item WHERE text = 'Orders'")
        await live_desk.until("SELECT id FROM pd_attachment")
        (conversation,) = await db.fetch("SELECT * FROM pd_conversation")
        await replying.reply(owner, conversation["id"], "It is on its way")
        async with asyncio.timeout(15):
            heard = await anext(aiter(simulator.heard()))
        assert (heard.persona, heard.text) == ("nino", "It is on its way")
    finally:
        await simulator.stop()


@pytest.mark.parametrize(
    "message",
    [
        {"text": "x" * 2001},
        {"text": "x", "attachment": {"type": "image", "payload": {"url": "https://x"}}},
        {"attachment": {"type": "hologram", "payload": {"url": "https://x"}}},
        {"attachment": {"type": "image", "payload": {}}},
        {"text": "?", "quick_replies": [{"content_type": "text", "title": "x", "payload": "x"}] * 14},
        {"text": "?", "quick_replies": [{"content_type": "text", "title": "x" * 21, "payload": "x"}]},
        {},
    ],
)
def test_metas_side_refuses_what_meta_refuses(message: dict[str, Any]) -> None:
    with pytest.raises(GraphError):
        page_requests.check({"recipient": {"id": "1"}, "messaging_type": "RESPONSE", "message": message}, "page")


def test_tags_that_were_retired_are_refused() -> None:
    asked = {
        "recipient": {"id": "1"},
        "messaging_type": "MESSAGE_TAG",
        "tag": "ACCOUNT_UPDATE",
        "message": {"text": "x"},
    }
    with pytest.raises(GraphError):
        page_requests.check(asked, "page")
    with pytest.raises(GraphError):
        page_requests.check({"recipient": {"id": "1"}, "message": {"text": "ა" * 334}}, "instagram")

"""The make-believe number of `polydesk simulate`, and whether Meta's side is as strict as Meta."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from polydesk import db
from polydesk.conversations import replying
from polydesk.simulator import Persona, Saying
from polydesk.testing.meta import GraphError, Meta, User, signed, signed_text
from polydesk.testing.meta import whatsapp_requests as requests
from polydesk.types import Attached, Choice, Place
from polydesk_whatsapp.simulator import WhatsAppSimulator

NINO = Persona(key="nino", name="Nino K", language="ka", kind="customer", email="n@example.org", phone="+995555000111")


@pytest.fixture
async def simulator() -> AsyncIterator[WhatsAppSimulator]:
    simulator = WhatsAppSimulator()
    yield simulator
    await simulator.stop()


async def test_a_persona_speaks_and_hears(live_desk: Any, simulator: WhatsAppSimulator, save: Any) -> None:
    settings = await simulator.start(f"{live_desk.url}/hooks/whatsapp")
    owner, _account = await save(settings)
    await simulator.say(NINO, Saying(text="Where is it?"))
    picture = Attached(name="a.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n")
    await simulator.say(NINO, Saying(files=(picture,), pieces=(Place(latitude=1, longitude=2),)))
    await simulator.say(NINO, Saying(choice=Choice(value="v1", label="Orders")))
    await live_desk.until("SELECT id FROM pd_item WHERE text = 'Orders'")
    await live_desk.until("SELECT id FROM pd_attachment")
    (conversation,) = await db.fetch("SELECT * FROM pd_conversation")
    await replying.reply(owner, conversation["id"], "It is on its way")
    async with asyncio.timeout(15):
        heard = await anext(aiter(simulator.heard()))
    assert (heard.persona, heard.text) == ("nino", "It is on its way")


def _message(kind: str, content: Any, **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": "+995555000111", "type": kind, kind: content, **more}


def _buttons(*titles: str) -> dict[str, Any]:
    buttons = [{"type": "reply", "reply": {"id": f"v{n}", "title": title}} for n, title in enumerate(titles)]
    return {"type": "button", "body": {"text": "?"}, "action": {"buttons": buttons}}


def _rows(count: int, **more: Any) -> dict[str, Any]:
    rows = [{"id": f"r{number}", "title": f"Row {number}", **more} for number in range(count)]
    return {"type": "list", "body": {"text": "?"}, "action": {"button": "Pick", "sections": [{"rows": rows}]}}


@pytest.mark.parametrize(
    "message",
    [
        _message("text", {"body": "x" * 4097}),
        _message("text", {"body": ""}),
        _message("hologram", {"body": "x"}),
        _message("image", {"id": "1", "caption": "x" * 1025}),
        _message("image", {}),
        _message("audio", {"id": "1", "caption": "x"}),
        _message("location", {"latitude": 91, "longitude": 0}),
        _message("interactive", _buttons("a", "b", "c", "d")),
        _message("interactive", _buttons("x" * 21)),
        _message("interactive", _buttons("same", "same")),
        _message("interactive", _rows(11)),
        _message("interactive", _rows(1, description="x" * 73)),
        _message("reaction", {"emoji": "x"}),
        _message("contacts", []),
        {"messaging_product": "whatsapp", "type": "text", "text": {"body": "to nobody"}},
        {"to": "+1", "type": "text", "text": {"body": "of nothing"}},
    ],
)
def test_metas_side_refuses_what_meta_refuses(message: dict[str, Any]) -> None:
    with pytest.raises(GraphError):
        requests.check(message)


@pytest.mark.parametrize("content", [_buttons("a", "b", "c"), _rows(10, description="x" * 72)])
def test_metas_side_takes_what_meta_takes(content: dict[str, Any]) -> None:
    requests.check(_message("interactive", content))


async def test_the_same_seed_tells_the_same_story() -> None:
    ids = []
    for _round in range(2):
        meta = Meta(seed=7)
        meta.whatsapp.add()
        ids.append([meta.whatsapp.incoming(User(wa_id="1234567"), type="text", text={"body": "x"})[0] for _ in "ab"])
    assert ids[0] == ids[1]
    assert Meta(seed=8).whatsapp.new_id() != Meta(seed=7).whatsapp.new_id()


async def test_a_body_made_without_any_state_is_one_the_desk_takes(served_desk: Any, meta: Meta) -> None:
    raw, headers = signed_text(
        meta.secret, number="110000000000001", sender="995555000333", words="გამარჯობა", id="wamid.1", at=1790000000
    )
    assert b"\\u10d2" in raw
    assert await meta.webhooks.post(raw, headers) == 200
    await served_desk.until("SELECT id FROM pd_item WHERE text = 'გამარჯობა'")


async def test_meta_tries_again_until_the_desk_answers(meta: Meta, nino: User) -> None:
    answers = iter([503, 503, 200])

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-l"))
        await reader.readexactly(length)
        writer.write(f"HTTP/1.1 {next(answers)} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    desk = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with desk:
        meta.webhooks.address = f"http://127.0.0.1:{desk.sockets[0].getsockname()[1]}/hooks/whatsapp"
        await meta.whatsapp.text(nino, "hi")
    assert meta.webhooks.answers == [503, 503, 200]
    assert signed(meta.secret, {})[1]["x-hub-signature-256"].startswith("sha256=")

"""Streams over real HTTP: what visitors hear, who is there, and visitors who do not exist."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import httpx

from polydesk import db, serving
from polydesk.channels import service as channels
from polydesk.queues import service as queues
from polydesk.settings import Settings
from polydesk.simulator import Persona, Saying
from polydesk.testing.fixtures import LiveDesk, served
from polydesk.types import Handle, Sign
from polydesk_webchat.channel import WebChat
from polydesk_webchat.simulate import ChatVisitors

from .conftest import KEY, Chat, Visitor, furnish


async def lines(http: httpx.AsyncClient, visitor: Visitor) -> AsyncIterator[str]:
    async with http.stream("GET", f"/p/webchat/{KEY}/events", headers=visitor.headers, timeout=30) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                yield line[7:]


async def heard(stream: AsyncIterator[str], wanted: str) -> None:
    async with asyncio.timeout(10):
        async for event in stream:
            if event == wanted:
                return
    raise AssertionError(f"the stream ended without {wanted}")


async def test_each_visitor_hears_only_what_concerns_them(live_desk: LiveDesk) -> None:
    chat = await furnish()
    async with httpx.AsyncClient(base_url=live_desk.url) as http:
        ann, bob = Visitor(http), Visitor(http)
        for each in (ann, bob):
            await each.say("I have a question about it")
        await live_desk.until("SELECT 1 AS done WHERE (SELECT COUNT(*) FROM pd_conversation) = 2")
        hers, his = lines(http, ann), lines(http, bob)
        await heard(hers, "hello")
        await heard(his, "hello")
        row = (await live_desk.until("SELECT * FROM webchat_visitor WHERE conversation IS NOT NULL ORDER BY id"))[0]
        sign = Sign(kind="typing", conversation=int(str(row["conversation"])), to=Handle("webchat", str(row["handle"])))
        await WebChat().sign(sign, chat.account)
        await heard(hers, "typing")
        await chat.answer(int(str(row["conversation"])), "For Ann")
        await heard(hers, "change")
        quiet = asyncio.create_task(heard(his, "typing"))
        done, _waiting = await asyncio.wait([quiet], timeout=0.5)
        assert not done
        quiet.cancel()
        await asyncio.gather(quiet, return_exceptions=True)


async def test_the_agent_hears_that_the_visitor_types_and_leaves(live_desk: LiveDesk) -> None:
    await furnish()
    async with httpx.AsyncClient(base_url=live_desk.url) as http:
        ann = Visitor(http)
        await ann.say("I have a question about it")
        await live_desk.until("SELECT id FROM webchat_visitor WHERE conversation IS NOT NULL")
        stream = lines(http, ann)
        await heard(stream, "hello")
        assert (await db.fetch("SELECT left_at FROM webchat_visitor"))[0]["left_at"] is None
        await stream.aclose()  # type: ignore[attr-defined]
    await live_desk.until("SELECT id FROM webchat_visitor WHERE left_at IS NOT NULL", seconds=20)


async def test_make_believe_visitors_talk_as_browsers_do(live_desk: LiveDesk) -> None:
    first: Chat = await furnish()
    simulator = ChatVisitors()
    settings = await simulator.start(f"{live_desk.url}/hooks/webchat")
    queue = await queues.save_queue(first.owner, client=first.owner.clients[0], market=None, name="Chat", assigns=False)
    account = await channels.save_account(
        first.owner, channel="webchat", client=first.owner.clients[0], market=None, name="Made up", settings=settings,
        queue=queue,
    )  # fmt: skip
    chat = Chat(first.owner, await channels.load(account), queue)
    try:
        nour = Persona(key="nour", name="Nour", language="ar", kind="customer", email="n@mail.example", phone="+212600")
        await simulator.say(nour, Saying(text="مرحبا، أين طلبي؟"))
        rows = await live_desk.until("SELECT id FROM pd_conversation")
        await chat.answer(int(str(rows[0]["id"])), "غدا <ان شاء الله>")
        async with asyncio.timeout(10):
            said = await anext(aiter(simulator.heard()))
        assert (said.persona, said.text) == ("nour", "غدا <ان شاء الله>")
        await live_desk.until("SELECT id FROM pd_delivery WHERE state = 'read'")
    finally:
        await simulator.stop()


async def test_an_open_stream_does_not_keep_the_desk_from_stopping(test_settings: Settings) -> None:
    async with httpx.AsyncClient() as http, served(test_settings) as desk:
        http.base_url = desk.url  # type: ignore[assignment]
        await furnish()
        ann = Visitor(http)
        await ann.say("I have a question about it")
        stream = lines(http, ann)
        await heard(stream, "hello")
        begun = time.monotonic()
    assert time.monotonic() - begun < serving.PATIENCE_WITH_STREAMS

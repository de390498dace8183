"""Visitor and desk talk to each other, over HTTP."""

from __future__ import annotations

import re
import time

import httpx
import msgspec
import pytest

from polydesk import db
from polydesk.conversations import changing, replying
from polydesk.conversations import service as conversations
from polydesk.conversations.extras import Extras
from polydesk.errors import Invalid
from polydesk.staff import people
from polydesk.testing.fixtures import TestDesk, sign_in
from polydesk.types import Choice, Outgoing, Place, Prompt, Sign
from polydesk.types import Handle as Address
from polydesk_webchat import identity
from polydesk_webchat.channel import WebChat

from .conftest import KEY, SECRET, Chat, Visitor

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64


def jwt(sub: str = "42", **more: object) -> str:
    return identity.sign({"sub": sub, "exp": int(time.time()) + 600, **more}, SECRET)


async def test_a_question_and_its_answer(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    ann = Visitor(client)
    said = await ann.say("Where is my parcel?", name="Ann", page="https://shop.example/orders", title="Orders")
    assert said.status_code == 201
    assert "Where is my parcel?" in said.json()["message"]["html"]
    await desk.work()
    (number,) = await chat.numbers()
    opened = await conversations.open_conversation(chat.owner, number)
    assert opened.contact.name == "Ann"
    assert (await ann.look())["taken"] == said.json()["message"]["id"]
    await chat.answer(number, "It is on <its> way.\nhttps://track.example/1")
    await desk.work()
    seen = await ann.look(after=said.json()["message"]["id"])
    (answer,) = seen["messages"]
    assert "It is on &lt;its&gt; way." in answer["html"]
    assert 'href="https://track.example/1"' in answer["html"]
    assert "Mara Olsen" in answer["html"]
    await ann.sign(seen=answer["id"])
    await desk.work()
    states = await db.fetch("SELECT state FROM pd_delivery")
    assert [row["state"] for row in states] == ["read"]


async def test_the_same_message_sent_twice_counts_once(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    ann = Visitor(client)
    first = await ann.say("Hello, anybody there?", once="made-by-the-page")
    again = await ann.say("Hello, anybody there?", once="made-by-the-page")
    assert first.json() == again.json()
    await desk.work()
    (number,) = await chat.numbers()
    assert len((await ann.look())["messages"]) == 1
    assert (
        len([e for e in (await conversations.open_conversation(chat.owner, number)).entries if e.kind == "message"])
        == 1
    )
    assert (await db.fetch("SELECT COUNT(*) AS n FROM webchat_visitor"))[0]["n"] == 1


async def test_what_follows_belongs_to_the_same_conversation(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    ann, bob = Visitor(client), Visitor(client)
    for each in (ann, bob, ann):
        await each.say("I have a question about it")
        await desk.work()
    assert len(await chat.numbers()) == 2
    assert len((await ann.look())["messages"]) == 2
    assert len((await bob.look())["messages"]) == 1


async def test_files_go_both_ways_and_only_by_their_link(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    ann = Visitor(client)
    said = await ann.say(
        "", files=[("files", ("door.png", PNG, "image/png")), ("files", ("x.html", b"<script>", "text/html"))]
    )
    assert said.status_code == 201, said.text
    html = said.json()["message"]["html"]
    links = re.findall(r'href="([^"]+/files/[^"]+)"', html)
    picture, page = [await client.get(link) for link in links]
    assert picture.content == PNG
    assert picture.headers["content-type"] == "image/png"
    assert page.headers["content-type"] == "application/octet-stream"
    assert page.headers["content-disposition"].startswith("attachment")
    assert (await client.get(links[0][:-4] + "aaaa")).status_code == 404
    await desk.work()
    (number,) = await chat.numbers()
    entries = (await conversations.open_conversation(chat.owner, number)).entries
    assert [file.name for entry in entries for file in entry.files] == ["door.png", "x.html"]


async def test_a_person_the_site_vouches_for(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    known = jwt(email="Ann@Mail.example", name="Ann Lee", attributes={"Plan": "gold"})
    ann = Visitor(client, known)
    # The site has told who she is; only strangers are asked.
    assert (await ann.look())["asks"] is False
    assert (await Visitor(client).look())["asks"] is True
    assert (await ann.say("Is my subscription paid?")).status_code == 201
    await desk.work()
    (number,) = await chat.numbers()
    contact = (await conversations.open_conversation(chat.owner, number)).contact
    assert contact.name == "Ann Lee"
    assert ("email", "ann@mail.example") in {(each.kind, each.value) for each in contact.handles}
    assert contact.attributes["Plan"] == "gold"
    # On her telephone she finds the same conversation; a stranger with a forged token does not.
    telephone = Visitor(client, known)
    assert len((await telephone.look())["messages"]) == 1
    forged = Visitor(client, identity.sign({"sub": "42", "exp": int(time.time()) + 600}, "x" * 40))
    assert (await forged.say("I am Ann, believe me")).status_code == 401
    expired = Visitor(client, identity.sign({"sub": "42", "exp": int(time.time()) - 1}, SECRET))
    assert (await expired.say("I am Ann, believe me")).status_code == 401
    # Somebody else at the same computer is not taken for her.
    ann.identity = jwt("43", name="Ben")
    refused = await ann.say("Hello, this is Ben")
    assert refused.status_code == 409


async def test_what_is_typed_is_only_stated(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    ann = Visitor(client)
    assert (await ann.say("Please write to me", email="nonsense")).status_code == 422
    await ann.say("Please write to me", name="Ann", email="boss@victim.example")
    await desk.work()
    (number,) = await chat.numbers()
    contact = (await conversations.open_conversation(chat.owner, number)).contact
    assert {each.kind for each in contact.handles} == {"webchat"}


async def test_a_question_with_choices_is_answered_by_a_button(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    ann = Visitor(client)
    await ann.say("Hello, I need something")
    await desk.work()
    (number,) = await chat.numbers()
    handle = (await db.fetch("SELECT handle FROM webchat_visitor"))[0]["handle"]
    channel = WebChat()
    found = await conversations.open_conversation(chat.owner, number)
    result = await channel.send(
        Outgoing(
            idempotency_key="k",
            external_id="webchat:1:999",
            conversation=found.conversation,
            contact=found.contact,
            item=999,
            to=(Address("webchat", handle),),
            text="What is it about?",
            prompt=Prompt(text="What is it about?", choices=(Choice(value="a", label="A parcel"),)),
            pieces=(Place(latitude=1.5, longitude=2.5, name="Our <shop>"),),
        ),
        chat.account,
    )
    assert result.state in ("sent", "delivered")
    html = (await ann.look())["messages"][-1]["html"]
    assert 'name="choice" value="a&#10;A parcel"' in html
    assert "Our &lt;shop&gt;" in html
    await ann.say("", choice="a\nA parcel")
    await desk.work()
    entries = (await conversations.open_conversation(chat.owner, number)).entries
    last = [each for each in entries if each.kind == "message"][-1]
    assert (last.text, last.data["choice"]) == ("A parcel", "a")


async def test_place_in_the_queue_and_who_answers(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    visitors = [Visitor(client) for _ in range(3)]
    for each in visitors:
        await each.say("I am waiting for somebody")
        await desk.work()
    assert (await visitors[0].look())["status"] == "You are next."
    assert "number 3" in (await visitors[2].look())["status"]
    first = (await chat.numbers())[-1]
    await changing.assign(chat.owner, first, chat.owner.id)
    await desk.work()
    state = await visitors[0].look()
    assert (state["agent"], state["status"]) == ("Mara Olsen", "")
    assert "number 2" in (await visitors[2].look())["status"]


async def test_signs_pass_both_ways(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    ann = Visitor(client)
    await ann.say("I have a question about it")
    await desk.work()
    (number,) = await chat.numbers()
    handle = (await db.fetch("SELECT handle FROM webchat_visitor"))[0]["handle"]
    external = (await db.fetch("SELECT external_id FROM webchat_message"))[0]["external_id"]
    to = Address("webchat", handle)
    await WebChat().sign(Sign(kind="seen", conversation=number, to=to, external_id=external), chat.account)
    assert (await ann.look())["seen"] > 0
    await WebChat().sign(Sign(kind="typing", conversation=number, to=to, author="Mara Olsen"), chat.account)
    assert (await ann.look())["agent"] == "Mara Olsen"
    await ann.sign(typing=True)


async def test_the_agent_sees_where_the_visitor_is_and_may_block(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    ann = Visitor(client)
    await ann.say("rude words, many of them", page="https://shop.example/basket", title="Your basket")
    await desk.work()
    (number,) = await chat.numbers()
    await sign_in(client, chat.owner.id)
    page = await client.get(f"/conversations/{number}", headers={"Accept": "text/html"})
    assert "Your basket" in page.text
    assert "First visit" in page.text
    proof = page.text.split('name="_csrf_token" value="')[1].split('"')[0]
    form = {"_csrf_token": proof, "conversation": str(number), "blocked": "1"}
    blocking = await client.post("/p/webchat/-/visitors/1/block", data=form)
    assert blocking.status_code == 303
    assert (await ann.say("more rude words")).status_code == 403
    assert (await Visitor(client).say("the same person, again")).status_code == 403


async def test_whoever_may_not_reply_is_not_offered_to_block(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    await Visitor(client).say("rude words, many of them", title="Your basket", page="https://shop.example/basket")
    await desk.work()
    (number,) = await chat.numbers()
    acme = chat.owner.clients[0]
    await people.invite(chat.owner, name="Wim", email="wim@acme.example", client=acme, market=None, role="analyst")
    (wim,) = await db.fetch("SELECT id FROM pd_person WHERE email = 'wim@acme.example'")
    for person, offered in ((chat.owner.id, True), (wim["id"], False)):
        await sign_in(client, person)
        page = await client.get(f"/conversations/{number}", headers={"Accept": "text/html"})
        assert "Your basket" in page.text
        assert ("Block this visitor" in page.text) is offered


async def test_ten_choices_are_offered_at_most(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    await Visitor(client).say("I have a question about it")
    await desk.work()
    (number,) = await chat.numbers()
    choices = tuple(Choice(value=str(each), label=f"Size {each}") for each in range(11))
    with pytest.raises(Invalid):
        await replying.reply(
            chat.owner, number, "Which size?", extras=Extras(prompt=Prompt(text="Which size?", choices=choices))
        )
    fewer = Extras(prompt=Prompt(text="Which size?", choices=choices[:10]))
    assert await replying.reply(chat.owner, number, "Which size?", extras=fewer)


async def test_settings_that_cannot_work_are_named(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    await sign_in(client, chat.owner.id)
    page = (await client.get(f"/admin/accounts/{chat.account.id}", headers={"Accept": "text/html"})).text
    proof = page.split('name="_csrf_token" value="')[1].split('"')[0]
    values = {f"s-{name}": value for name, value in msgspec.to_builtins(chat.account.settings).items()
              if isinstance(value, str | int) and not isinstance(value, bool)}  # fmt: skip
    form = {"_csrf_token": proof, "name": "Shop", "place": str(chat.owner.clients[0]), "do": "save", **values}
    for wrong in ({"s-hours": "monday nine"}, {"s-colour": "red"}, {"s-origins": "www.shop"}, {"s-zone": "Mars/One"}):
        answer = await client.post(f"/admin/accounts/{chat.account.id}", data={**form, **wrong})
        assert answer.status_code == 422, wrong
    assert f"/p/webchat/{KEY}/loader.js" in page

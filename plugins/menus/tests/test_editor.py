"""The editor over HTTP, without JavaScript."""

from __future__ import annotations

import re

import httpx
from tests.board import Chat

from polydesk import db
from polydesk.testing.fixtures import sign_in
from polydesk_menus import chance, differences, service
from polydesk_menus.starters import starter
from polydesk_menus.tree import Ask, Option, Tree, walk

from .conftest import published


async def token(client: httpx.AsyncClient, path: str) -> str:
    page = await client.get(path)
    assert page.status_code == 200, page.text
    found = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


async def send(client: httpx.AsyncClient, page: str, path: str, **fields: str) -> httpx.Response:
    return await client.post(path, data={"_csrf_token": await token(client, page), **fields})


async def test_a_menu_is_made_line_by_line_and_published(client: httpx.AsyncClient, chat: Chat) -> None:
    await sign_in(client, chat.owner.id)
    made = await send(
        client, "/p/menus/new", "/p/menus/new", name="First", place=str(chat.owner.clients[0]), start="empty"
    )
    menu = made.headers["location"]
    refused = await send(client, menu, f"{menu}/publish", note="too soon")
    assert "cannot work yet" in (await client.get(refused.headers["location"])).text
    added = await send(client, menu, f"{menu}/lines", kind="ask")
    assert added.headers["location"] == f"{menu}?edit=s1#line-s1"
    await send(client, menu, f"{menu}/lines/s1", **{"words-en": "What <b>now</b>?"})
    await send(client, menu, f"{menu}/lines", kind="option", inside="s1")
    await send(client, menu, f"{menu}/lines/s2", **{"words-en": "Parcels", "also-en": "box, package"})
    await send(client, menu, f"{menu}/lines", kind="collect", inside="s2")
    wrong = await send(client, menu, f"{menu}/lines/s3", attribute="number", shape="++", retries="2")
    assert wrong.status_code == 422
    assert "This pattern cannot be used" in wrong.text
    await send(client, menu, f"{menu}/lines/s3", attribute="number", shape="##", retries="1", **{"words-en": "Which?"})
    page = (await client.get(menu)).text
    assert "What &lt;b&gt;now&lt;/b&gt;?" in page
    assert "kept as number" in page
    published = await send(client, menu, f"{menu}/publish", note="for a start")
    assert published.status_code == 303
    versions = (await client.get(f"{menu}/versions")).text
    assert "Version 1" in versions
    assert "for a start" in versions


async def test_lines_move_and_go_and_come_back(client: httpx.AsyncClient, chat: Chat) -> None:
    await sign_in(client, chat.owner.id)
    menu = await published(chat)
    at = f"/p/menus/{menu}"
    await send(client, at, f"{at}/lines/s1/down")
    draft = (await service.get_menu(chat.owner, menu)).draft
    assert draft is not None
    assert draft.steps[0].id == "s3"
    await send(client, at, f"{at}/lines/s3/remove")
    await send(client, at, f"{at}/undo")
    draft = (await service.get_menu(chat.owner, menu)).draft
    assert draft is not None
    assert {line.id for line, _ in walk(draft.steps)} == {line.id for line, _ in walk(starter(("en",)).steps)}
    gone = await send(client, at, f"{at}/lines/s99/remove")
    assert gone.status_code == 404


async def test_a_test_run_plays_a_contact_and_stores_nothing(client: httpx.AsyncClient, chat: Chat) -> None:
    await sign_in(client, chat.owner.id)
    menu = await published(chat)
    page = await client.get(f"/p/menus/{menu}/trial", params={"said": ["t:hello", "c:s4"], "typed": "number 48207"})
    for words in ("What is it about?", "Topic: Order", "order number: 48207", "A person takes over"):
        assert words in page.text
    courier = await client.get(f"/p/menus/{menu}/trial", params={"said": "t:hello", "kind": "courier"})
    assert "A person takes over" in courier.text
    assert (await client.get(f"/p/menus/{menu}/trial", params={"said": ["t:<script>"]})).text.count("<script>") == 0
    assert await db.fetch("SELECT id FROM menus_session") == []


async def test_a_share_is_set_compared_and_settled(client: httpx.AsyncClient, chat: Chat) -> None:
    await sign_in(client, chat.owner.id)
    menu = await published(chat)
    at = f"/p/menus/{menu}"
    await send(client, at, f"{at}/lines/s8/remove")
    await send(client, at, f"{at}/publish", note="no money", share="20")
    found = await service.get_menu(chat.owner, menu)
    assert found.rival is not None
    assert found.share == 20
    assert (await client.get(f"{at}/versions")).text.count("Gone") >= 1
    await send(client, f"{at}/versions", f"{at}/share", rival=str(found.rival), share="35")
    outcomes = await client.get(f"{at}/outcomes")
    assert "Too few conversations yet to tell" in outcomes.text
    await send(client, f"{at}/versions", f"{at}/versions/{found.live}/live")
    assert (await service.get_menu(chat.owner, menu)).rival is None


async def test_those_without_the_right_see_no_menus(client: httpx.AsyncClient, chat: Chat) -> None:
    menu = await published(chat)
    agent = await chat.colleague("Tove", ready=False)
    await sign_in(client, agent.id)
    for path in ("/p/menus", "/p/menus/new", f"/p/menus/{menu}", f"/p/menus/{menu}/versions", f"/p/menus/{menu}/trial"):
        assert (await client.get(path)).status_code in (403, 404), path
    assert "/p/menus" not in (await client.get("/inbox")).text


def test_differences_read_as_one_would_tell_them() -> None:
    old = starter(("en",))
    question = old.steps[1]
    assert isinstance(question, Ask)
    changed = Option(id="s4", words={"en": "My parcel"}, steps=question.options[0].steps)
    options = (question.options[1], changed, Option(id="s20", words={"en": "Else"}), question.options[3])
    new = Tree(steps=(old.steps[0], Ask(id="s3", words=question.words, options=options)), counter=20)
    found = {(each.how, each.words) for each in differences.compare(old, new, ("en",), {})}
    assert {("added", "Else"), ("removed", "I am a courier"), ("changed", "My parcel")} <= found


def test_chance_is_called_chance() -> None:
    assert chance.compare(chance.Share(5, 10), chance.Share(9, 10)).tone == "few"
    assert chance.compare(chance.Share(50, 100), chance.Share(55, 100)).tone == "same"
    assert chance.compare(chance.Share(100, 1000), chance.Share(200, 1000)).tone == "differs"
    low, high = chance.Share(0, 20).interval
    assert low == 0
    assert 0.1 < high < 0.2

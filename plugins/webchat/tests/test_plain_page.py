"""The same chat for a browser without JavaScript, and what strangers may not do with it."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import httpx

from polydesk import db
from polydesk.conversations import service as conversations
from polydesk.testing.fixtures import TestDesk

from .conftest import KEY, Chat, Visitor

PAGE = f"/p/webchat/{KEY}"


def hidden(page: httpx.Response) -> dict[str, str]:
    """The form's hidden fields."""
    return dict(re.findall(r'<input type="hidden" name="(token|once)" value="([^"]+)">', page.text))


async def test_question_and_answer_by_forms_alone(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    page = await client.get(PAGE)
    assert page.status_code == 200
    sent = await client.post(PAGE, data={**hidden(page), "text": "No script here", "name": "Zoe", "do": "send"})
    assert sent.status_code == 200
    assert "No script here" in sent.text
    await desk.work()
    (number,) = await chat.numbers()
    await chat.answer(number, "We like that")
    await desk.work()
    back = await client.get(PAGE)
    assert "We like that" in back.text
    again = await client.post(PAGE, data={**hidden(back), "text": "Thank you", "do": "send"})
    assert again.status_code == 303
    await desk.work()
    assert await chat.numbers() == [number]
    assert (await db.fetch("SELECT state FROM pd_delivery"))[0]["state"] == "read"


async def test_in_a_frame_without_cookies_each_form_is_answered_by_the_page(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    first = hidden(await client.get(PAGE))
    for words in ("One", "Two"):
        client.cookies.clear()
        page = await client.post(PAGE, data={**first, **hidden(await client.get(PAGE)), **{"token": first["token"]},
                                             "text": words, "do": "send"})  # fmt: skip
        await desk.work()
        client.cookies.clear()
        assert page.status_code == 200
    assert "One" in page.text
    assert "Two" in page.text
    draft = await client.post(PAGE, data={**first, "text": "half a sentence", "do": "refresh"})
    assert "half a sentence</textarea>" in draft.text
    assert len(await chat.numbers()) == 1


async def test_who_may_frame_it_is_said_by_the_page(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    alone = await client.get(PAGE)
    assert "frame-ancestors 'self';" in alone.headers["content-security-policy"]
    await chat.change(origins="https://shop.example\nhttps://*.shop.example")
    page = await client.get(PAGE)
    assert (
        "frame-ancestors 'self' https://shop.example https://*.shop.example;" in page.headers["content-security-policy"]
    )
    assert "x-frame-options" not in page.headers
    inside = await client.get("/sign-in")
    assert inside.headers["x-frame-options"] == "DENY"
    loader = await client.get(f"{PAGE}/loader.js")
    assert loader.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in loader.headers


async def test_out_of_hours_a_message_needs_an_address(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    today = datetime.now(UTC).strftime("%a").lower()
    other = "mon" if today != "mon" else "wed"
    await chat.change(hours=f"{other} 03:00-03:01")
    page = await client.get(PAGE)
    assert "not here right now" in page.text
    assert 'type="email" autocomplete="email" maxlength="300" dir="ltr" required' in page.text
    form = {**hidden(page), "text": "Call me back please", "do": "send"}
    refused = await client.post(PAGE, data=form)
    assert (refused.status_code, "Call me back please</textarea>" in refused.text) == (422, True)
    assert not await chat.numbers()
    taken = await client.post(PAGE, data={**form, "email": "zoe@mail.example", "name": "Zoe"})
    assert taken.status_code == 200
    await desk.work()
    (number,) = await chat.numbers()
    entry = next(each for each in (await conversations.open_conversation(chat.owner, number)).entries if each.notices)
    assert "e-mail" in str(entry.notices[0])


async def test_what_fills_in_every_field_is_no_person(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    form = {**hidden(await client.get(PAGE)), "text": "Buy this", "website": "http://spam.example", "do": "send"}
    assert (await client.post(PAGE, data=form)).status_code == 200
    assert (await Visitor(client).say("Buy this", website="x")).status_code == 201
    await desk.work()
    assert not await chat.numbers()


async def test_too_much_is_refused_kindly(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    await chat.change(per_minute=6, chats_per_hour=4, largest_file=1)
    ann = Visitor(client)
    answers = [await ann.say(f"Message number {n}") for n in range(5)]
    assert [each.status_code for each in answers] == [201, 201, 201, 429, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "wait a moment" in answers[-1].json()["error"]
    big = await Visitor(client).say("A film", files=[("files", ("film.mp4", b"x" * 1_100_000, "video/mp4"))])
    assert big.status_code == 413
    others = [await Visitor(client).say("Hello from the office") for _ in range(3)]
    assert others[-1].status_code == 429
    assert (
        await client.post(PAGE, data={**hidden(await client.get(PAGE)), "text": "Me too", "do": "send"})
    ).status_code == 429


async def test_words_come_in_the_visitors_language_and_the_admins_own(
    desk: TestDesk, chat: Chat, client: httpx.AsyncClient
) -> None:
    await chat.change(texts="fr.greeting = Bonjour, que cherchez-vous ?", languages=("en", "fr", "ar"))
    french = await client.get(PAGE, headers={"Accept-Language": "fr-CA,fr;q=0.9"})
    assert "Bonjour, que cherchez-vous ?" in french.text
    assert "Joindre un fichier" in french.text
    arabic = await client.get(f"{PAGE}?lang=ar")
    assert '<html lang="ar" dir="rtl"' in arabic.text
    assert "<script>" not in (await client.get(f"{PAGE}?lang=<script>")).text


async def test_an_account_switched_off_is_not_there(desk: TestDesk, chat: Chat, client: httpx.AsyncClient) -> None:
    for path in ("", "/loader.js", "/messages", "/theme.css", "/events"):
        assert (await client.get(f"/p/webchat/unknown-key{path}")).status_code == 404
    assert (await client.get(f"{PAGE}/events", headers={"Authorization": "Bearer " + "x" * 43})).status_code == 404
    assert (await client.get(f"{PAGE}/demo", headers={"Accept": "text/html"})).status_code == 303

"""What the chat's client says holds in the chat: its privacy notice, its days off, its clock."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx

from polydesk.places import service as places
from polydesk.scopes.places import Details

from .conftest import KEY, Chat

PAGE = f"/p/webchat/{KEY}"


async def _say(chat: Chat, details: Details) -> None:
    client = await places.get_client(chat.owner, chat.owner.clients[0])
    await places.change_client(chat.owner, client.id, name=client.name, details=details)


async def test_the_privacy_notice_of_the_place_stands_before_the_chat(chat: Chat, client: httpx.AsyncClient) -> None:
    await _say(chat, Details(legal={"privacy": {"en": "Your words stay with us.", "fr": "Vos mots restent ici."}}))
    assert "Your words stay with us." in (await client.get(PAGE, params={"lang": "en"})).text
    assert "Vos mots restent ici." in (await client.get(PAGE, params={"lang": "fr"})).text
    await chat.change(texts="en.privacy = Only of this chat")
    page = await client.get(PAGE, params={"lang": "en"})
    assert "Only of this chat" in page.text
    assert "Your words stay with us." not in page.text


async def test_on_a_day_off_of_the_place_nobody_is_there(chat: Chat, client: httpx.AsyncClient) -> None:
    await chat.change(hours="mon-sun 00:00-24:00")
    away = "We are not here right now"
    assert away not in (await client.get(PAGE, params={"lang": "en"})).text
    now = datetime.now(UTC)
    await _say(chat, Details(holidays=f"{now:%m-%d}", time_zone="UTC"))
    assert away in (await client.get(PAGE, params={"lang": "en"})).text

"""The door for services that call: stored before answered, refused before stored, and never a crash."""

from __future__ import annotations

import json

import httpx
import pytest
from tests.board import Chat

from polydesk import db, pacing
from polydesk.admin import service as admin
from polydesk.channels import service as channels
from polydesk.testing.fixtures import TestDesk
from polydesk.types import Scope
from polydesk.web import webhooks

HELLO = [{"id": "h1", "from": "nino", "text": "Hello"}, {"id": "h2", "from": "giorgi", "text": "Hi"}]


async def knock(client: httpx.AsyncClient, body: object, token: str = "knock", path: str = "") -> httpx.Response:
    return await client.post(f"/hooks/boardchat{path}", content=json.dumps(body), headers={"x-token": token})


async def test_what_a_call_brings_is_stored_before_it_is_answered_and_counts_once(
    chat: Chat, client: httpx.AsyncClient
) -> None:
    for _again in range(3):
        answer = await knock(client, HELLO)
        assert (answer.status_code, answer.text) == (200, "thanks")
        assert (await db.fetch("SELECT COUNT(*) AS n FROM pd_arrival"))[0]["n"] == 2
    assert "set-cookie" not in answer.headers
    await chat.desk.work()
    assert (await db.fetch("SELECT COUNT(*) AS n FROM pd_conversation"))[0]["n"] == 2


async def test_a_forged_call_is_refused_and_shown_to_whom_it_concerns(chat: Chat, client: httpx.AsyncClient) -> None:
    assert (await knock(client, HELLO, token="forged")).status_code == 403
    assert await db.fetch("SELECT id FROM pd_arrival") == []
    view = await channels.get_account(chat.owner, chat.account.id)
    assert [str(fact.value) for fact in view.facts if fact.tone == "warn"] == ["Somebody knocked with a wrong token."]
    assert view.trouble == "", "anybody can knock: that alone is no trouble"
    for _knock in range(webhooks.MANY):
        await knock(client, HELLO, token="forged")
    view = await channels.get_account(chat.owner, chat.account.id)
    assert view.trouble == "Somebody knocked with a wrong token.", "nothing else comes: the secret may have changed"


async def test_a_channel_that_breaks_makes_the_service_come_again(chat: Chat, client: httpx.AsyncClient) -> None:
    assert (await knock(client, HELLO, path="/explode/now")).status_code == 503
    assert (await client.get("/sign-in")).status_code == 200


async def test_a_service_whose_plugin_is_out_of_use_comes_again(chat: Chat, client: httpx.AsyncClient) -> None:
    await db.fetch("UPDATE pd_account SET channel = 'pigeons' WHERE id = {}", chat.account.id)
    assert (await client.post("/hooks/pigeons", content=b"{}")).status_code == 503


async def test_nothing_is_there_for_unknown_channels_and_those_switched_off(
    chat: Chat, client: httpx.AsyncClient
) -> None:
    assert (await client.post("/hooks/nowhere", content=b"{}")).status_code == 404
    assert (await client.post("/hooks/board", content=b"{}")).status_code == 404, "a board takes no calls"
    await admin.switch_plugin(chat.owner, "stranger", False, Scope(chat.account.client))
    assert (await knock(client, HELLO)).status_code == 404


async def test_a_body_beyond_all_measure_is_refused(chat: Chat, client: httpx.AsyncClient) -> None:
    answer = await client.post("/hooks/boardchat", content=b"x" * 11_000_000, headers={"x-token": "knock"})
    assert answer.status_code == 413


async def test_a_bucket_lets_a_burst_through_and_then_one_at_a_time(desk: TestDesk) -> None:
    waits = [await pacing.reserve("pair", every=6.0, burst=3) for _ in range(4)]
    assert waits[:3] == [0.0, 0.0, 0.0]
    assert waits[3] == pytest.approx(6.0, abs=1.0)
    assert await pacing.reserve("another pair", every=6.0) == 0.0
    await pacing.hold("another pair", 30.0)
    assert await pacing.reserve("another pair", every=6.0) > 20.0

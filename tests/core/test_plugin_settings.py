"""Settings of plugins: one structure, a form made of it, values inherited by scope, secrets never shown."""

from __future__ import annotations

import httpx
import pytest
from polydesk_stranger.plugin import StrangerSettings
from tests.board import Board

from polydesk import Invalid, NotFound, PolydeskError, db, live, rotating, secrets
from polydesk.errors import Forbidden
from polydesk.plugin_settings import service
from polydesk.scopes import service as scopes
from polydesk.testing.fixtures import sign_in
from polydesk.types import Scope


async def market(board: Board, code: str = "ES") -> int:
    return await scopes.create_market(
        board.owner.clients[0], code=code, name=code, languages=("es",), time_zone="Europe/Madrid"
    )


async def test_a_market_inherits_from_its_client_and_that_from_the_installation(board: Board) -> None:
    spain = await market(board)
    client, there = Scope(board.owner.clients[0]), Scope(board.owner.clients[0], spain)
    assert (await service.of(StrangerSettings, there)).greeting == "Hello"
    await service.save(board.owner, "stranger", Scope(), {"greeting": "Hi", "limit": 3})
    await service.save(board.owner, "stranger", client, {"greeting": "Buenas"})
    held = await service.of(StrangerSettings, there)
    assert (held.greeting, held.limit) == ("Buenas", 3)
    await service.save(board.owner, "stranger", there, {"limit": 9})
    held = await service.of(StrangerSettings, there)
    assert (held.greeting, held.limit) == ("Buenas", 9)
    values = await service.values("stranger", there)
    assert (values["greeting"].origin, values["limit"].origin) == (client, there)
    await service.save(board.owner, "stranger", client, {})
    assert (await service.of(StrangerSettings, there)).greeting == "Hi"
    assert (await service.values("stranger", there))["greeting"].origin == Scope()


async def test_secrets_are_sealed_and_an_empty_one_is_kept(board: Board) -> None:
    at = Scope(board.owner.clients[0])
    await service.save(board.owner, "stranger", at, {"token": "s3cret-token"})
    stored = (await db.fetch('SELECT "values" FROM pd_plugin_settings'))[0]["values"]
    assert "s3cret-token" not in stored
    assert (await service.of(StrangerSettings, at)).token == "s3cret-token"
    await service.save(board.owner, "stranger", at, {"token": "", "greeting": "Hi"})
    assert (await service.of(StrangerSettings, at)).token == "s3cret-token"
    assert (await service.values("stranger", at))["token"].value == "•"
    assert "token" not in await service.own("stranger", at)
    book = await db.fetch("SELECT data FROM pd_change WHERE kind = 'settings.changed'")
    assert len(book) == 2
    assert all("s3cret-token" not in row["data"] for row in book)


async def test_a_secret_may_look_like_a_sealed_one(board: Board) -> None:
    at = Scope(board.owner.clients[0])
    await service.save(board.owner, "stranger", at, {"token": "enc:hello"})
    assert (await service.of(StrangerSettings, at)).token == "enc:hello"


async def test_what_others_below_stand_on_is_not_taken_away(board: Board) -> None:
    at = Scope(board.owner.clients[0])
    await service.save(board.owner, "stranger", Scope(), {"token": "abc"})
    await service.save(board.owner, "stranger", at, {"limit": 600})
    with pytest.raises(Invalid, match="Parcel Post"):
        await service.save(board.owner, "stranger", Scope(), {})
    assert (await service.of(StrangerSettings, at)).limit == 600


async def test_a_market_is_its_clients_own(board: Board) -> None:
    other = await scopes.create_client("Another", languages=("en",))
    theirs = await scopes.create_market(other, code="IT", name="Italy", languages=("it",), time_zone="UTC")
    with pytest.raises(NotFound):
        await service.save(board.owner, "stranger", Scope(board.owner.clients[0], theirs), {"greeting": "Hi"})


async def test_what_a_version_left_behind_and_fits_no_more_is_passed_over(board: Board) -> None:
    at = Scope(board.owner.clients[0])
    await service.save(board.owner, "stranger", Scope(), {"limit": 3})
    await service.save(board.owner, "stranger", at, {"limit": 4, "greeting": "Hi"})
    await db.fetch(
        'UPDATE pd_plugin_settings SET "values" = {} WHERE client = {}', '{"limit":"many","old":1}', at.client
    )
    await service.save(board.owner, "stranger", Scope(board.owner.clients[0], await market(board)), {})
    held = await service.of(StrangerSettings, at)
    assert (held.limit, held.greeting) == (3, "Hello")


async def test_values_that_cannot_be_are_refused_by_field(board: Board) -> None:
    with pytest.raises(Invalid) as wrong:
        await service.save(board.owner, "stranger", Scope(board.owner.clients[0]), {"limit": 0})
    assert "limit" in wrong.value.fields
    with pytest.raises(Invalid) as wrong:
        await service.save(board.owner, "stranger", Scope(board.owner.clients[0]), {"greeting": "Get out"})
    assert "greeting" in wrong.value.fields
    with pytest.raises(PolydeskError):
        await service.save(board.owner, "nobody", Scope(board.owner.clients[0]), {})


async def test_the_installation_is_its_owners_and_a_client_its_admins(board: Board) -> None:
    agent = await board.colleague("Ana")
    with pytest.raises(NotFound):
        await service.save(agent, "stranger", Scope(), {"greeting": "Hi"})
    with pytest.raises(Forbidden):
        await service.save(agent, "stranger", Scope(board.owner.clients[0]), {"greeting": "Hi"})


async def test_the_form_shows_where_a_value_comes_from(board: Board, client: httpx.AsyncClient) -> None:
    await sign_in(client, board.owner.id)
    at = str(board.owner.clients[0])
    await service.save(board.owner, "stranger", Scope(), {"greeting": "Hi there"})
    page = (await client.get(f"/admin/settings/stranger?at={at}")).text
    assert "Otherwise from The whole installation: Hi there" in page
    assert "Otherwise the plugin's own: 5" in page
    token = page.partition('name="_csrf_token" value="')[2].partition('"')[0]
    seen = page.partition('name="seen" value="')[2].partition('"')[0]
    form = {
        "_csrf_token": token,
        "at": at,
        "seen": seen,
        "own": ["limit", "token"],
        "s-limit": "no number",
        "s-token": "hush-hush",
    }
    answer = await client.post("/admin/settings/stranger", data=form)
    assert answer.status_code == 422
    assert "Enter a whole number." in answer.text
    assert "hush-hush" not in answer.text
    answer = await client.post("/admin/settings/stranger", data={**form, "s-limit": "7"})
    assert answer.status_code == 303
    page = (await client.get(f"/admin/settings/stranger?at={at}")).text
    assert "hush-hush" not in page
    assert 'value="7"' in page
    held = await service.of(StrangerSettings, Scope(board.owner.clients[0]))
    assert (held.limit, held.token, held.greeting) == (7, "hush-hush", "Hi there")
    # The first page is old by now: what was set since is not taken back by whoever never saw it.
    late = {"_csrf_token": token, "at": at, "seen": seen, "own": ["greeting"], "s-greeting": "Hey"}
    answer = await client.post("/admin/settings/stranger", data=late)
    assert answer.status_code == 422
    assert "Somebody changed something here meanwhile" in answer.text
    assert (await service.of(StrangerSettings, Scope(board.owner.clients[0]))).limit == 7


async def test_the_form_of_another_client_is_not_there(board: Board, client: httpx.AsyncClient) -> None:
    other = await scopes.create_client("Another", languages=("en",))
    await sign_in(client, (await board.colleague("Ana")).id)
    assert (await client.get(f"/admin/settings/stranger?at={other}")).status_code == 404
    assert (await client.get("/admin/settings/nothing")).status_code == 404


async def test_a_new_key_opens_what_the_old_one_sealed(board: Board) -> None:
    at = Scope(board.owner.clients[0])
    await service.save(board.owner, "stranger", at, {"token": "s3cret-token"})
    await board.write("bob", "Hi")
    sealed = (await db.fetch('SELECT "values" FROM pd_plugin_settings'))[0]["values"]
    before = board.desk.settings.secret_key
    word = "enc:" + "A" * 70
    await db.fetch("UPDATE pd_contact SET name = {}", word)
    try:
        secrets.open(["a new key, also of more than thirty-two characters", before])
        # The notice board's own secret is the other one.
        assert await rotating.rotate() == 2
        assert await rotating.rotate() == 0
        # Anybody may write a word that looks like a secret.
        assert {row["name"] for row in await db.fetch("SELECT name FROM pd_contact")} == {word}
        assert (await db.fetch('SELECT "values" FROM pd_plugin_settings'))[0]["values"] != sealed
        secrets.open(["a new key, also of more than thirty-two characters"])
        assert (await service.of(StrangerSettings, at)).token == "s3cret-token"
    finally:
        secrets.open([before])


async def test_a_desk_takes_up_a_new_key_when_it_is_told(board: Board) -> None:
    before, now = board.desk.settings.secret_key, ["a new key, also of more than thirty-two characters"]
    try:
        secrets.open([before], lambda: now)
        live.here("keys")
        sealed = secrets.encrypt("typed afterwards")
        secrets.open(now)
        assert secrets.decrypt(sealed) == "typed afterwards"
    finally:
        secrets.open([before])

"""Clients and markets: what they say of themselves, what they inherit, and that what is said is used."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from polydesk_stranger.channel import BOARD
from tests.board import Board
from tests.core.test_command_line import polydesk

from polydesk import Invalid, NotFound, db
from polydesk.audit import service as audit
from polydesk.conversations import replying
from polydesk.errors import Forbidden
from polydesk.packs import making, templates
from polydesk.places import service as places
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.scopes.places import Details
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk, TestDesk, sign_in
from polydesk.types import Scope

FRENCH = Details(
    languages=("fr", "en"),
    time_zone="Europe/Paris",
    holidays="FR 12-24",
    sender="Parcel Post France",
    legal={"footer": {"fr": "Parcel Post SARL, Lyon"}, "privacy": {"fr": "Vos données restent ici."}},
)


async def _france(board: Board, details: Details = FRENCH) -> int:
    return await places.new_market(board.owner, board.owner.clients[0], code="fr", name="France", details=details)


async def _admin(board: Board, name: str, market: int | None = None, client: int | None = None) -> Viewer:
    client = client or board.owner.clients[0]
    owner = await staff.viewer_by_id(board.owner.id)
    await people.invite(
        owner, name=name, email=f"{name.lower()}@example.org", client=client, market=market, role="admin"
    )
    return await staff.viewer_by_id(next(p.id for p in await people.list_people(owner) if p.name == name))


async def test_a_market_inherits_what_it_does_not_say_and_tells_where_it_comes_from(board: Board) -> None:
    client = board.owner.clients[0]
    of_client = Details(
        languages=("de",), time_zone="Europe/Berlin", sender="Parcel Post", legal={"imprint": {"de": "P"}}
    )
    await places.change_client(board.owner, client, name="Parcel Post", details=of_client)
    market = await _france(board, Details(languages=("fr",), legal={"footer": {"fr": "F"}}))
    held = await scopes.place(Scope(client, market))
    assert (held.languages, held.time_zone, held.sender) == (("fr",), "Europe/Berlin", "Parcel Post")
    assert held.legal == {"imprint": {"de": "P"}, "footer": {"fr": "F"}}
    assert held.origin["languages"] == held.origin["legal.footer"] == "market"
    assert held.origin["time_zone"] == held.origin["legal.imprint"] == "client"
    assert held.origin["theme"] == held.origin["holidays"] == "installation"
    listed = (await scopes.list_clients((client,)))[0].market(market)
    assert listed is not None
    assert (listed.languages, listed.time_zone) == (("fr",), "Europe/Berlin")


@pytest.mark.parametrize(
    ("field", "details"),
    [
        ("languages", Details(languages=("fr", "klingonish"))),
        ("time_zone", Details(time_zone="Europe/Atlantis")),
        ("holidays", Details(holidays="FR 31-12")),
        ("holidays", Details(holidays="XQ")),
        ("sender", Details(sender="ceo@bank.example")),
        ("theme", Details(theme="nosuch")),
        ("owner", Details(owner=999)),
        ("legal.footer", Details(legal={"footer": {"xx-nothing": "A"}})),
        ("legal.recipe", Details(legal={"recipe": {"en": "A"}})),
    ],
)
async def test_what_cannot_be_is_said_at_its_field(board: Board, field: str, details: Details) -> None:
    with pytest.raises(Invalid) as refused:
        await _france(board, details)
    assert list(refused.value.fields) == [field]


async def test_a_name_that_is_too_long_is_refused_not_cut(board: Board) -> None:
    france = await _france(board)
    for attempt in (
        places.new_client(board.owner, name="x" * 201, details=Details()),
        places.change_market(board.owner, france, code="fr", name="x" * 201, details=FRENCH),
        templates.keep(board.owner, france, "x" * 201),
    ):
        with pytest.raises(Invalid) as refused:
            await attempt
        assert list(refused.value.fields) == ["name"]


async def test_a_code_is_there_once(board: Board) -> None:
    await _france(board)
    with pytest.raises(Invalid) as refused:
        await _france(board)
    assert "code" in refused.value.fields


async def test_changes_are_in_the_book_with_what_was_there_before(board: Board) -> None:
    market = await _france(board)
    await places.change_market(
        board.owner, market, code="fr", name="France", details=Details(languages=("fr",), time_zone="Europe/Paris")
    )
    client = board.owner.clients[0]
    changed, made = await audit.latest("market.made", "market.changed")
    assert (made.kind, made.scope, made.who) == ("market.made", Scope(client, market), "Mara Olsen")
    assert changed.data["before"]["sender"] == "Parcel Post France"
    assert changed.data["after"]["sender"] == ""
    assert "time_zone" not in changed.data["after"]


async def test_whoever_has_a_market_sees_and_changes_only_that(board: Board) -> None:
    client = board.owner.clients[0]
    france = await _france(board)
    spain = await places.new_market(board.owner, client, code="es", name="Spain", details=Details())
    luc = await _admin(board, "Luc", market=france)
    assert [market.name for each in await places.list_places(luc) for market in each.markets] == ["France"]
    await places.change_market(luc, france, code="fr", name="La France", details=FRENCH)
    for attempt in (
        places.change_market(luc, spain, code="es", name="Mine", details=Details()),
        places.change_client(luc, client, name="Mine", details=Details()),
        places.new_market(luc, client, code="pt", name="Portugal", details=Details()),
        making.copied(luc, spain),
        templates.keep(luc, spain, "Spain"),
    ):
        with pytest.raises((NotFound, Forbidden)):
            await attempt
    ann = await board.colleague("Ann", role="supervisor")
    with pytest.raises((NotFound, Forbidden)):
        await places.change_market(ann, france, code="fr", name="Mine", details=FRENCH)
    admin = await _admin(board, "Zoe")
    with pytest.raises(Forbidden):
        await places.new_client(admin, name="Another firm", details=Details())


async def test_letters_go_out_in_the_name_of_the_market_with_its_footer_once(board: Board) -> None:
    france = await _france(board)
    await db.fetch("UPDATE pd_account SET market = {}", france)
    board.account = board.account.__class__(
        id=board.account.id, client=board.account.client, market=france, channel="board", name="Lobby", address="lobby"
    )
    await board.write("bob", "Bonjour", subject="Colis")
    opened = await board.the_conversation()
    assert opened.conversation.market == france
    await replying.reply(board.owner, opened.conversation.id, "Bonjour Bob")
    await replying.reply(board.owner, opened.conversation.id, "Encore\n\n-- \nParcel Post SARL, Lyon")
    await board.desk.work()
    first, second = BOARD.pinned
    assert first.sender == "Parcel Post France"
    assert first.text == "Bonjour Bob\n\n-- \nParcel Post SARL, Lyon"
    assert second.text.count("Parcel Post SARL, Lyon") == 1
    # What was written is what stays.
    shown = [entry.text for entry in (await board.the_conversation()).entries if entry.direction == "out"]
    assert shown[0] == "Bonjour Bob"


async def test_a_markets_holidays_are_days_off_and_its_clock_is_its_own(board: Board) -> None:
    france = await _france(board)
    held = await scopes.place(Scope(board.owner.clients[0], france))
    year = datetime.now(UTC).year
    assert f"{year}-07-14" in held.days_off
    assert "12-24" in held.days_off
    assert datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(held.zone).hour == 14


async def test_a_copy_has_what_its_source_has_and_tells_how_far_it_went(board: Board) -> None:
    client = board.owner.clients[0]
    france = await _france(board)
    await queues.save_queue(board.owner, client=client, market=france, name="Colis", weights={"newest": 3})
    origin = await making.copied(board.owner, france)
    belgium = await making.make(board.owner, client, code="be", name="Belgium", origin=origin)
    held = await scopes.place(Scope(client, belgium))
    assert (held.languages, held.sender) == (("fr", "en"), "Parcel Post France")
    copied = [queue for queue in await queues.list_queues(board.owner) if queue.market == belgium]
    assert [(queue.name, queue.weights) for queue in copied] == [("Colis", {"newest": 3})]
    distance = await making.distance(board.owner, belgium)
    assert distance is not None
    assert (distance.since, distance.now) == ((), ())
    await places.change_market(
        board.owner, belgium, code="be", name="Belgium", details=Details(languages=("nl", "fr"), sender="PP Belgium")
    )
    await places.change_market(
        board.owner, france, code="fr", name="France", details=Details(languages=("fr",), sender="PP Belgium")
    )
    distance = await making.distance(board.owner, belgium)
    assert distance is not None
    assert distance.now is not None
    then = {change.path: (change.before, change.after) for each in distance.since for change in each.changes}
    now = {change.path: (change.before, change.after) for each in distance.now for change in each.changes}
    assert then["languages"] == (["fr", "en"], ["nl", "fr"])
    assert then["sender"] == ("Parcel Post France", "PP Belgium")
    assert now == {"languages": (["fr"], ["nl", "fr"])}


async def test_a_copy_for_another_client_needs_rights_in_both(client: httpx.AsyncClient, board: Board) -> None:
    france = await _france(board)
    await places.new_client(board.owner, name="Other firm", details=Details(languages=("en",)))
    owner = await staff.viewer_by_id(board.owner.id)
    other = next(client for client in await places.list_places(owner) if client.name == "Other firm")
    zoe = await _admin(board, "Zoe", client=other.id)
    with pytest.raises(NotFound):
        await making.copied(zoe, france)
    origin = await making.copied(owner, france)
    made = await making.make(owner, other.id, code="fr", name="France", origin=origin)
    # Whoever may not see the source any more still sees how far the copy went since.
    distance = await making.distance(zoe, made)
    assert distance is not None
    assert (distance.since, distance.now) == ((), None)
    # Whose customers are served here besides is nobody's business.
    told = (await places.history(zoe, Scope(other.id, made)))[-1]
    assert (distance.origin.name, told.data["from"]) == ("another market", "another market")
    await sign_in(client, zoe.id)
    assert (await client.get("/admin/clients/new")).status_code == 403, "no form that could not be saved"
    for address in (f"/admin/markets/{made}", f"/admin/markets/{made}/differences"):
        page = await client.get(address)
        assert "another market" in page.text
        assert "Parcel Post · " not in page.text
    assert (await making.distance(owner, made)).origin.name == "Parcel Post · France"  # type: ignore[union-attr]


async def test_a_market_is_made_from_a_kept_configuration(board: Board) -> None:
    client = board.owner.clients[0]
    kept = await templates.keep(board.owner, await _france(board), "French-speaking", everyone=True)
    assert [each.name for each in await templates.list_templates(board.owner, client)] == ["French-speaking"]
    origin = await making.from_template(board.owner, kept)
    made = await making.make(board.owner, client, code="lu", name="Luxembourg", origin=origin)
    assert (await scopes.place(Scope(client, made))).holidays == "FR 12-24"
    await templates.remove(board.owner, kept)
    distance = await making.distance(board.owner, made)
    assert distance is not None
    assert (distance.origin.name, distance.now) == ("French-speaking", None)


async def test_the_screens_show_make_and_change(client: httpx.AsyncClient, board: Board) -> None:
    await sign_in(client, board.owner.id)
    ours = board.owner.clients[0]
    page = await client.get("/admin/clients")
    assert "Parcel Post" in page.text
    token = page.text.partition('name="_csrf_token" value="')[2][:52] or (await _token(client))
    made = await client.post(
        f"/admin/clients/{ours}/markets/new",
        data={"_csrf_token": token, "code": "fr", "name": "France", "start": "", "languages": ["fr"], "time_zone": ""},
    )
    assert made.status_code == 303, made.text
    market = (await db.fetch("SELECT id FROM pd_market"))[0]["id"]
    seen = await _seen(client, f"/admin/markets/{market}")
    wrong = await client.post(
        f"/admin/markets/{market}",
        data={"_csrf_token": token, "code": "fr", "name": "France", "dates": "nonsense", "languages": ["fr"]},
    )
    assert wrong.status_code == 422
    assert "nonsense" in wrong.text
    right = await client.post(
        f"/admin/markets/{market}",
        data={
            "_csrf_token": token,
            "seen": seen,
            "code": "fr",
            "name": "La France",
            "languages": ["fr"],
            "country": "FR",
            "dates": "12-24",
            "sender": "PP",
            "legal-footer-fr": "Mentions",
        },
    )
    assert right.status_code == 303, right.text
    held = await scopes.place(Scope(ours, market))
    assert (held.holidays, held.sender, held.words("footer", "fr")) == ("FR 12-24", "PP", "Mentions")
    assert "La France" in (await client.get(f"/admin/markets/{market}")).text


async def _seen(client: httpx.AsyncClient, address: str) -> str:
    return (await client.get(address)).text.partition('name="seen" value="')[2].partition('"')[0]


@pytest.mark.parametrize("kind", ["clients", "markets"])
async def test_nobody_overwrites_what_they_did_not_see(client: httpx.AsyncClient, board: Board, kind: str) -> None:
    ours, france = board.owner.clients[0], await _france(board)
    scope = Scope(ours, france if kind == "markets" else None)
    address = f"/admin/{kind}/{scope.market or ours}"
    await sign_in(client, board.owner.id)
    typed = {"_csrf_token": await _token(client), "code": "fr", "name": "Mine", "sender": "My sender"}
    typed["seen"] = await _seen(client, address)
    theirs = Details(holidays="12-26", sender="Their sender")
    if kind == "markets":
        await places.change_market(board.owner, france, code="fr", name="Theirs", details=theirs)
    else:
        await places.change_client(board.owner, ours, name="Theirs", details=theirs)
    # Something wrong besides does not make their change seen.
    wrong = await client.post(address, data={**typed, "name": ""})
    assert wrong.status_code == 422
    typed["seen"] = wrong.text.partition('name="seen" value="')[2].partition('"')[0]
    shown = await client.post(address, data=typed)
    assert shown.status_code == 422
    assert "Somebody changed this while you were at it" in shown.text
    assert "Their sender" in shown.text
    assert 'value="My sender"' in shown.text
    assert ((await scopes.place(scope)).sender, (await scopes.place(scope)).holidays) == ("Their sender", "12-26")
    typed["seen"] = shown.text.partition('name="seen" value="')[2].partition('"')[0]
    assert (await client.post(address, data=typed)).status_code == 303
    assert (await scopes.place(scope)).sender == "My sender"


async def _token(client: httpx.AsyncClient) -> str:
    return (await client.get("/profile")).text.partition('name="_csrf_token" value="')[2][:52]


async def test_the_command_line_makes_changes_and_compares(desk: TestDesk, board: Board) -> None:
    code, said = await polydesk(desk.settings, "client", "new", "Nord & Süd", "--languages", "de")
    assert code == 0, said
    assert "nord-sud is there" in said
    await polydesk(desk.settings, "market", "new", "nord-sud/at", "--name", "Österreich", "--holidays", "AT-9")
    code, said = await polydesk(desk.settings, "market", "change", "nord-sud/at", "--time-zone", "Europe/Vienna")
    assert "Europe/Vienna  (market)" in said
    assert "de  (client)" in said
    code, said = await polydesk(desk.settings, "market", "change", "nord-sud/at", "--time-zone", "Mars/Base")
    assert (code, "time_zone: " in said) == (1, True)
    code, said = await polydesk(desk.settings, "market", "copy", "nord-sud/at", "nord-sud/ch", "--name", "Schweiz")
    assert code == 0, said
    await polydesk(desk.settings, "market", "change", "nord-sud/ch", "--holidays", "CH", "--legal", "footer:de=Zürich")
    code, said = await polydesk(desk.settings, "market", "differences", "nord-sud/ch")
    assert "holidays: AT-9 → CH" in said
    assert "legal.footer.de: - → Zürich" in said


async def test_a_command_is_heard_by_a_desk_that_is_served_meanwhile(live_desk: LiveDesk) -> None:
    person = await people.create_owner(name="Mara", email="mara@acme.example", password="long enough", company="Acme")
    owner = await staff.viewer_by_id(person)
    assert [client.name for client in await places.list_places(owner)] == ["Acme"]
    settings = live_desk.settings
    command = ("client", "change", "acme", "--name", "Acme & Sons")
    code, said = await polydesk(settings, *command, redis_url=settings.redis_url)
    assert code == 0, said
    async with asyncio.timeout(10):
        while [client.name for client in await places.list_places(owner)] != ["Acme & Sons"]:
            await asyncio.sleep(0.05)

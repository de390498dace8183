"""Packs applied, compared and taken back: all of it, or nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from tests.board import Board

from polydesk import Invalid, db, hooks, plugins
from polydesk.channels import service as channels
from polydesk.errors import Conflict
from polydesk.packs import files, service
from polydesk.packs.shapes import TOP
from polydesk.places import service as places
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.scopes.places import Details
from polydesk.staff import service as staff
from polydesk.types import PackPart, Scope, Text

from .packing import files_of, furnished


async def test_a_pack_is_readable_stable_and_without_secrets(board: Board) -> None:
    client, _market = await furnished(board)
    written = await files_of(board, client)
    assert written == await files_of(board, client)
    assert set(written) >= {
        "pack.yaml",
        "core.place/place.yaml",
        "core.queues/general.yaml",
        "core.accounts/board-lobby.yaml",
        "markets/fr/core.place/place.yaml",
        "markets/fr/core.queues/colis-retours.yaml",
    }
    everything = b"\n".join(written.values()).decode()
    assert "s3cret" not in everything
    assert "token" not in everything
    place = written["markets/fr/core.place/place.yaml"].decode()
    assert "fr: |-\n        Ligne 1\n        Ligne 2" in place
    assert "خصوصية" in place
    assert files.write(files.read(written)[0]) == {path: raw.decode() for path, raw in written.items()}


async def test_what_was_exported_changes_nothing(board: Board) -> None:
    for scope in await furnished(board):
        outcome = await service.apply(board.owner, scope, await files_of(board, scope), removes=True)
        assert (outcome.differences, outcome.change, outcome.made) == ((), 0, ())


async def test_applying_makes_it_so_and_rolling_back_makes_it_as_it_was(board: Board) -> None:
    client, market = await furnished(board)
    before = await files_of(board, client)
    given = dict(before)
    given["markets/fr/core.place/place.yaml"] = (
        b"key: place\nvalues: {name: La France, languages: [fr, no], sender: PP}"
    )
    given["markets/fr/core.queues/new.yaml"] = b"key: VIP\nvalues: {position: 3, weights: {newest: 0.5}}"
    given["markets/es/core.place/place.yaml"] = b"key: place\nvalues: {name: Spain, time_zone: Europe/Madrid}"
    given["markets/es/core.queues/general.yaml"] = b"key: General\nvalues: {}"
    del given["core.queues/general.yaml"]
    tried = await service.try_out(board.owner, client, given, removes=True)
    assert await files_of(board, client) == before
    outcome = await service.apply(board.owner, client, given, removes=True)
    assert outcome.differences == tried.differences
    assert outcome.made == ("es",)
    assert [(each.part, each.key) for each in outcome.differences if each.what == "removed"] == [
        ("core.queues", "General")
    ]
    held = await scopes.place(market)
    assert (held.languages, held.sender) == (("fr", "no"), "PP")
    listed = await queues.list_queues(await staff.viewer_by_id(board.owner.id))
    assert sorted(queue.name for queue in listed) == ["Colis / retours", "General", "VIP"]
    await service.roll_back(board.owner, outcome.change)
    assert await files_of(board, client) == before
    with pytest.raises(Conflict):
        await service.roll_back(board.owner, outcome.change)


async def test_without_being_asked_to_nothing_is_taken_away(board: Board) -> None:
    client, _market = await furnished(board)
    given = await files_of(board, client)
    given["core.queues/general.yaml"] = b"key: Other\nvalues: {}"
    outcome = await service.apply(board.owner, client, given)
    assert [each.key for each in outcome.left] == ["General"]
    names = {queue.name for queue in await queues.list_queues(board.owner)}
    assert {"General", "Other"} <= names


async def test_what_was_changed_since_is_not_lost_by_rolling_back(board: Board) -> None:
    _client, market = await furnished(board)
    given = await files_of(board, market)
    given["core.place/place.yaml"] = b"key: place\nvalues: {name: France, sender: From the pack}"
    outcome = await service.apply(board.owner, market, given)
    await places.change_market(
        board.owner, market.market or 0, code="fr", name="France", details=Details(sender="By hand")
    )
    with pytest.raises(Conflict, match="place"):
        await service.roll_back(board.owner, outcome.change)
    assert (await scopes.place(market)).sender == "By hand"
    await service.roll_back(board.owner, outcome.change, anyway=True)
    assert (await scopes.place(market)).words("privacy", "fr") == "Ligne 1\nLigne 2"


async def test_a_market_that_came_with_a_pack_and_is_used_stays(board: Board) -> None:
    client, _market = await furnished(board)
    given = await files_of(board, client)
    given["markets/es/core.place/place.yaml"] = b"key: place\nvalues: {name: Spain}"
    outcome = await service.apply(board.owner, client, given)
    spain = next(m.id for c in await places.list_places(board.owner) for m in c.markets if m.code == "es")
    await queues.save_queue(board.owner, client=client.client or 0, market=spain, name="Ours")
    with pytest.raises(Conflict, match="es"):
        await service.roll_back(board.owner, outcome.change)
    assert (await scopes.place(Scope(client.client, spain))).origin["languages"] != "market"


@pytest.mark.parametrize(
    ("path", "raw", "told"),
    [
        ("core.queues/general.yaml", b"key: General\nvalues: {weights: {newest: 900}}", "weights"),
        ("core.queues/general.yaml", b"key: General\nvalues: {speed: 3}", "speed"),
        ("core.queues/general.yaml", b"key: General\nvalues: {gives_work: perhaps}", "gives_work"),
        ("core.queues/general.yaml", b"key: General", "values"),
        ("core.queues/general.yaml", b"- just\n- a list", "names with values"),
        ("core.queues/general.yaml", b"key: General\nvalues: {\n", "line 3"),
        ("core.queues/general.yaml", b"key: General\nkey: Other\nvalues: {}", "twice"),
        ("core.queues/general.yaml", b"\xff\xfe", "UTF-8"),
        ("core.queues/zz.yaml", b"key: General\nvalues: {}", "key"),
        ("core.place/place.yaml", b"key: place\nvalues: {time_zone: Mars/Base}", "time_zone"),
        ("core.place/place.yaml", b"key: place\nvalues: {legal: {recipe: {en: Soup}}}", "legal.recipe"),
        ("core.plugins/nosuch.yaml", b"key: nosuch\nvalues: {on: true}", "nosuch"),
        (
            "core.accounts/board-lobby.yaml",
            b"key: board lobby\nvalues: {name: L, settings: {token: x}}",
            "settings.token",
        ),
        ("core.accounts/new.yaml", b"key: board x\nvalues: {name: L, settings: {board: y}}", "key"),
        (
            "core.accounts/board-lobby.yaml",
            b"key: board lobby\nvalues: {name: L, queue: Nope, settings: {board: lobby}}",
            "queue",
        ),
        ("readme.yaml", b"key: a\nvalues: 1", "belongs to no part"),
        ("markets/../../core.queues/x.yaml", b"key: a\nvalues: 1", "belongs to no part"),
        ("pack.yaml", b"format: 9\nof: client\nname: x\npolydesk: '7.1'", "7.1"),
        ("pack.yaml", b"format: 1\nof: planet\nname: x", "of a client or of a market"),
        ("pack.yaml", b"format: 1\nof: market\nname: x", "no markets in it"),
    ],
)
async def test_a_wrong_file_is_named_with_its_field_and_nothing_has_changed(
    board: Board, path: str, raw: bytes, told: str
) -> None:
    client, _market = await furnished(board)
    given = await files_of(board, client)
    before = await files_of(board, client)
    given["core.place/place.yaml"] = b"key: place\nvalues: {name: Half done}"
    given[path] = raw
    with pytest.raises(Invalid) as refused:
        await service.apply(board.owner, client, given)
    said = "\n".join(f"{name}: {words}" for name, words in refused.value.fields.items())
    assert told in said
    assert path in said or "markets/fr" in said
    assert await files_of(board, client) == before


async def test_a_part_nobody_knows_is_said_and_kept(board: Board) -> None:
    client, _market = await furnished(board)
    given = await files_of(board, client)
    given["gone.things/one.yaml"] = b"key: one\nvalues: {a: 1}"
    outcome = await service.apply(board.owner, client, given)
    assert [(each.part, each.entries) for each in outcome.strange] == [("gone.things", 1)]
    kept = (await service.applied(board.owner, outcome.change)).data["strange"]
    assert kept == {TOP: {"gone.things": {"one": {"a": 1}}}}


async def test_a_new_account_is_off_until_it_has_its_secrets_and_one_that_is_there_keeps_them(board: Board) -> None:
    client, _market = await furnished(board)
    given = await files_of(board, client)
    given["core.accounts/board-lobby.yaml"] = b"key: board lobby\nvalues: {name: Renamed, settings: {board: lobby}}"
    given["core.accounts/second.yaml"] = b"key: board second\nvalues: {name: Second, settings: {board: second}}"
    await service.apply(board.owner, client, given)
    lobby, second = await channels.list_accounts(board.owner)
    assert (lobby.name, lobby.enabled) == ("Renamed", True)
    assert (await channels.load(lobby.id)).settings.token == "s3cret"
    assert (second.name, second.enabled) == ("Second", False)
    assert "secrets" in second.trouble


async def test_a_part_that_fails_is_named_with_its_plugin(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    async def read(scope: Scope) -> dict[str, Any]:
        return {}

    async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
        raise RuntimeError("no shelf left")

    part = PackPart(name="stranger.shelves", label=Text("Shelves"), read=read, write=write)
    known = plugins.registry()
    pair = (known.plugins["stranger"], part)
    listed = known.contributions.get(hooks.polydesk_pack_parts.__name__, [])
    monkeypatch.setitem(known.contributions, hooks.polydesk_pack_parts.__name__, [*listed, pair])
    client, _market = await furnished(board)
    given = await files_of(board, client)
    given["stranger.shelves/one.yaml"] = b"key: one\nvalues: {}"
    given["core.place/place.yaml"] = b"key: place\nvalues: {name: Half done}"
    with pytest.raises(Invalid, match=r"stranger\.shelves.*no shelf left"):
        await service.apply(board.owner, client, given)
    assert (await places.get_client(board.owner, client.client or 0)).name == "Parcel Post"


async def test_a_pack_taken_without_the_channels_plugin_leaves_its_accounts_settings_alone(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, _market = await furnished(board)
    with monkeypatch.context() as absent:
        absent.setitem(plugins.registry().contributions, hooks.polydesk_channels.__name__, [])
        given = await files_of(board, client)
        assert b"settings" not in given["core.accounts/board-lobby.yaml"]
        # Without its plugin it can be called otherwise, and nothing else happens to it.
        raw = re.sub(rb"name: .*", b"name: Hall", given["core.accounts/board-lobby.yaml"])
        renamed = {**given, "core.accounts/board-lobby.yaml": raw}
        assert len((await service.apply(board.owner, client, renamed)).differences) == 1
    before = await db.fetch("SELECT * FROM pd_account")
    assert before[0]["name"] == "Hall"
    outcome = await service.apply(board.owner, client, renamed, removes=True)
    assert (outcome.differences, await db.fetch("SELECT * FROM pd_account")) == ((), before)
    outcome = await service.apply(board.owner, client, given)
    assert [change.path for change in outcome.differences[0].changes] == ["name"]
    loaded = (await channels.load(board.account.id)).settings
    assert (loaded.board, loaded.token) == ("lobby", "s3cret")
    with pytest.raises(Invalid) as refused:
        await service.apply(board.owner, client, {**given, "core.accounts/x.yaml": b"key: board x\nvalues: {name: X}"})
    assert "needs its settings" in refused.value.fields["core.accounts/x.yaml"]

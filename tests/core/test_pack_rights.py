"""A pack holds and sets what its person may, and no more."""

from __future__ import annotations

from typing import Any

import pytest
from polydesk_stranger.plugin import StrangerSettings
from tests.board import Board

from polydesk import Invalid, NotFound, hooks, plugins
from polydesk.errors import Forbidden
from polydesk.packs import files, making, service, templates
from polydesk.packs.shapes import Pack
from polydesk.places import service as places
from polydesk.plugin_settings import service as plugin_settings
from polydesk.scopes.places import Details
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.types import PackPart, Scope, Text

from .packing import files_of, furnished


@pytest.fixture
def guarded(monkeypatch: pytest.MonkeyPatch) -> dict[Scope, dict[str, Any]]:
    """What a part and settings hold that ask for a right which admins have not."""
    held: dict[Scope, dict[str, Any]] = {}

    async def read(scope: Scope) -> dict[str, Any]:
        return dict(held.get(scope, {}))

    async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
        held.setdefault(scope, {}).pop(key, None)
        if values is not None:
            held[scope][key] = values

    part = PackPart(
        name="stranger.vault", label=Text("Vault"), read=read, write=write, permission="stranger.nobody-has-it"
    )
    known = plugins.registry()
    listed = known.contributions.get(hooks.polydesk_pack_parts.__name__, [])
    pair = (known.plugins["stranger"], part)
    monkeypatch.setitem(known.contributions, hooks.polydesk_pack_parts.__name__, [*listed, pair])
    monkeypatch.setattr(StrangerSettings, "permission", "stranger.nobody-has-it", raising=False)
    return held


async def _admin(board: Board) -> Viewer:
    return await board.colleague("Zoe", role="admin", ready=False)


async def test_a_pack_holds_and_sets_no_more_than_its_person_may_on_the_screens(
    board: Board, guarded: dict[Scope, dict[str, Any]]
) -> None:
    client, market = await furnished(board)
    guarded[market] = {"door": {"code": 1234}}
    await plugin_settings.store("stranger", market, {"limit": 7})
    zoe, owner = await _admin(board), await staff.viewer_by_id(board.owner.id)
    whole, hers = [files.write(await service.export(each, client)) for each in (owner, zoe)]
    assert set(whole) - set(hers) == {
        "markets/fr/stranger.vault/door.yaml",
        "markets/fr/core.settings/stranger.yaml",
    }
    assert "stranger.vault" not in hers["pack.yaml"]
    # Her own pack changes nothing, and takes nothing away that she does not see.
    given = {path: text.encode() for path, text in hers.items()}
    outcome = await service.apply(zoe, client, given, removes=True)
    assert (outcome.differences, outcome.left) == ((), ())
    given |= {
        "core.queues/new.yaml": b"key: New\nvalues: {}",
        "core.settings/stranger.yaml": b"key: stranger\nvalues: {limit: 9}",
        "markets/fr/stranger.vault/door.yaml": b"key: door\nvalues: {code: 1}",
    }
    with pytest.raises(Invalid) as refused:
        await service.apply(zoe, client, given)
    assert set(refused.value.fields) == {"core.settings/stranger.yaml", "markets/fr/stranger.vault/door.yaml"}
    assert "may not" in refused.value.fields["core.settings/stranger.yaml"]
    assert guarded[market] == {"door": {"code": 1234}}
    assert files.write(await service.export(owner, client)) == whole
    # What an owner applied, an owner takes back.
    change = (await service.apply(owner, client, given)).change
    assert guarded[market] == {"door": {"code": 1}}
    with pytest.raises(Invalid):
        await service.roll_back(zoe, change)
    await service.roll_back(owner, change)
    assert guarded[market] == {"door": {"code": 1234}}


async def test_a_copy_has_no_more_than_its_person_may_set(board: Board, guarded: dict[Scope, dict[str, Any]]) -> None:
    client, market = await furnished(board)
    guarded[market] = {"door": {"code": 1234}}
    number, zoe = client.client or 0, await _admin(board)
    origin = await making.copied(zoe, market.market or 0)
    made = await making.make(zoe, number, code="be", name="Belgium", origin=origin)
    assert Scope(number, made) not in guarded
    assert await making.between(zoe, market.market or 0, made) == []
    assert [each.part for each in await making.between(board.owner, market.market or 0, made)] == ["stranger.vault"]
    kept = await templates.keep(board.owner, market.market or 0, "With its door")
    with pytest.raises(Invalid, match=r"stranger\.vault.*may not"):
        await making.make(zoe, number, code="lu", name="Lux", origin=await making.from_template(zoe, kept))
    assert [each.code for each in (await places.get_client(zoe, number)).markets] == ["be", "fr"]


async def test_nobody_exports_or_applies_what_is_not_theirs(board: Board) -> None:
    client, market = await furnished(board)
    other = await places.new_market(board.owner, client.client or 0, code="es", name="Spain", details=Details())
    await people.invite(
        board.owner, name="Luc", email="luc@example.org", client=client.client or 0, market=market.market, role="admin"
    )
    luc = await staff.viewer_by_id(
        next(person.id for person in await people.list_people(board.owner) if person.name == "Luc")
    )
    given = await files_of(board, market)
    for scope in (client, Scope(client.client, other)):
        for attempt in (
            service.export(luc, scope),
            service.apply(luc, scope, given),
            service.try_out(luc, scope, given),
            service.history(luc, scope),
        ):
            with pytest.raises((NotFound, Forbidden)):
                await attempt
    assert isinstance(await service.export(luc, market), Pack)

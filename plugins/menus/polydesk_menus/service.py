"""Menus as an admin keeps them: one to a place, a draft to work on, versions that stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, live
from polydesk.errors import Conflict, Invalid, NotFound
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk_menus import checking, tree
from polydesk_menus.tree import Tree

RIGHT = "menus.manage"


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """A tree that was published."""

    id: int
    number: int
    note: str
    person: int | None
    made_at: datetime
    stored: str

    @property
    def tree(self) -> Tree | None:
        """None when what is stored is no tree."""
        return _read(self.stored)


class Menu(msgspec.Struct, frozen=True, kw_only=True):
    """A place's menu. `draft` None means that what is stored is no tree."""

    id: int
    client: int | None
    market: int | None
    name: str
    draft: Tree | None
    draft_by: int | None
    draft_at: datetime
    undoable: bool
    live: int | None
    rival: int | None
    share: int
    versions: tuple[Version, ...] = ()

    def version(self, id: int | None) -> Version | None:
        """One of its versions."""
        return next((each for each in self.versions if each.id == id), None)

    @property
    def changed(self) -> bool:
        """Does the draft differ from every version contacts get?"""
        newest = self.versions[0] if self.versions else None
        return (
            newest is None
            or newest.tree is None
            or newest.tree.steps != (self.draft or Tree()).steps
            or (
                (newest.tree.patience, newest.tree.human)
                != ((self.draft or Tree()).patience, (self.draft or Tree()).human)
            )
        )


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """Which versions contacts got from a moment on; `live` None is when the menu was taken off."""

    live: int | None
    rival: int | None
    share: int
    person: int | None
    at: datetime


def may(viewer: Viewer, client: int | None, market: int | None) -> bool:
    """May they keep the menu of this place? The installation's is its owners'."""
    if client is None:
        return viewer.is_owner
    return viewer.sees(client, market) and viewer.can(RIGHT, client, market)


async def list_menus(viewer: Viewer) -> list[Menu]:
    """Every menu the viewer may keep, the widest places first."""
    rows = await db.fetch("SELECT * FROM menus_menu ORDER BY COALESCE(client, 0), COALESCE(market, 0)")
    return [await _menu(row) for row in rows if may(viewer, row["client"], row["market"])]


async def get_menu(viewer: Viewer, menu: int) -> Menu:
    """One of them, or `NotFound`."""
    rows = await db.fetch("SELECT * FROM menus_menu WHERE id = {}", menu)
    if not rows or not may(viewer, rows[0]["client"], rows[0]["market"]):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return await _menu(rows[0])


async def create_menu(viewer: Viewer, client: int | None, market: int | None, name: str, start: Tree) -> int:
    """A menu for a place that has none yet."""
    if not may(viewer, client, market):
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    try:
        rows = await db.fetch(
            "INSERT INTO menus_menu (client, market, name, draft, before, draft_by, draft_at, share) "
            "VALUES ({}, {}, {}, {}, '', {}, {}, 0) RETURNING id",
            client,
            market,
            db.clean(name.strip())[:200],
            tree.encode(start),
            viewer.id,
            datetime.now(UTC),
        )
    except Conflict:
        raise Invalid({"place": _("This place has a menu already.")}) from None
    return int(rows[0]["id"])


async def edit(viewer: Viewer, menu: int, change: Callable[[Tree], Tree]) -> Menu:
    """Apply a change to the draft as it is now, so that two people at work do not undo one another."""
    async with db.transaction():
        await db.lock(f"menus:draft:{menu}")
        found = await get_menu(viewer, menu)
        before = found.draft or Tree()
        after = change(before)
        if after != before:
            await _keep(viewer, menu, after, before)
    return await get_menu(viewer, menu)


async def undo(viewer: Viewer, menu: int) -> None:
    """Take the last change of the draft back; once more brings it again."""
    async with db.transaction():
        await db.lock(f"menus:draft:{menu}")
        found = await get_menu(viewer, menu)
        rows = await db.fetch("SELECT before FROM menus_menu WHERE id = {}", menu)
        before = _read(rows[0]["before"])
        if before is not None and found.undoable:
            await _keep(viewer, menu, before, found.draft or Tree())


async def start_from(viewer: Viewer, menu: int, version: int) -> None:
    """Make the draft what a version was."""
    found = (await get_menu(viewer, menu)).version(version)
    if found is None or found.tree is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    wanted = found.tree

    def change(now: Tree) -> Tree:
        return msgspec.structs.replace(wanted, counter=max(now.counter, wanted.counter))

    await edit(viewer, menu, change)


async def publish(viewer: Viewer, menu: int, note: str, share: int = 100) -> int:
    """Make a version of the draft, for everyone or for a share of contacts; its number."""
    async with db.transaction():
        await db.lock(f"menus:draft:{menu}")
        found = await get_menu(viewer, menu)
        if any(each.weight == "error" for each in await problems(viewer, found)):
            raise Invalid(message=_("Some steps cannot work yet. They are marked below."))
        number = max((each.number for each in found.versions), default=0) + 1
        rows = await db.fetch(
            "INSERT INTO menus_version (menu, number, tree, note, person, made_at) VALUES ({}, {}, {}, {}, {}, {}) "
            "RETURNING id",
            menu,
            number,
            tree.encode(found.draft or Tree()),
            db.clean(note.strip())[:500],
            viewer.id,
            datetime.now(UTC),
        )
        made = int(rows[0]["id"])
        if found.live is None or share >= 100:
            await _put(viewer, menu, made, None, 0)
        else:
            await _put(viewer, menu, found.live, made, share)
    return number


async def put_live(viewer: Viewer, menu: int, version: int) -> None:
    """Give everyone a version again: to settle a comparison, or to go back."""
    found = await get_menu(viewer, menu)
    chosen = found.version(version)
    if chosen is None or chosen.tree is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    await _put(viewer, menu, version, None, 0)


async def take_off(viewer: Viewer, menu: int) -> None:
    """Ask nobody any more; versions and draft stay."""
    await get_menu(viewer, menu)
    await _put(viewer, menu, None, None, 0)


async def set_share(viewer: Viewer, menu: int, rival: int, share: int) -> None:
    """Let a share of contacts get another version than the rest."""
    found = await get_menu(viewer, menu)
    if found.live is None or found.version(rival) is None or rival == found.live:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    if not 1 <= share <= 99:
        raise Invalid({"share": _("Enter a share from 1 to 99.")})
    await _put(viewer, menu, found.live, rival, share)


async def publications(viewer: Viewer, menu: int) -> list[Publication]:
    """What contacts got, the latest first."""
    await get_menu(viewer, menu)
    rows = await db.fetch(
        "SELECT live, rival, share, person, at FROM menus_publication WHERE menu = {} ORDER BY id DESC LIMIT 100", menu
    )
    return [msgspec.convert({**row, "at": db.moment(row["at"])}, Publication) for row in rows]


async def languages(menu: Menu) -> tuple[str, ...]:
    """Languages contacts of the place speak; for the installation, those the menu has words in."""
    for client in await scopes.list_clients((menu.client,) if menu.client else ()):
        for market in client.markets:
            if market.id == menu.market:
                return market.languages
        return client.languages
    return tree.languages_of(menu.draft or Tree()) or ("en",)


async def queues_of(viewer: Viewer, menu: Menu) -> list[queues.Queue]:
    """Queues the menu may hand over to: of its own place, since others do not exist for its conversations."""
    return [
        queue
        for queue in await queues.list_queues(viewer)
        if queue.client == menu.client and queue.market in (None, menu.market)
    ]


async def problems(viewer: Viewer, menu: Menu) -> list[checking.Problem]:
    """What is wrong with the draft."""
    known = [queue.id for queue in await queues_of(viewer, menu)]
    return checking.check(menu.draft or Tree(), await languages(menu), known)


async def _put(viewer: Viewer, menu: int, version: int | None, rival: int | None, share: int) -> None:
    async with db.transaction():
        await db.fetch(
            "UPDATE menus_menu SET live = {}, rival = {}, share = {} WHERE id = {}", version, rival, share, menu
        )
        await db.fetch(
            "INSERT INTO menus_publication (menu, live, rival, share, person, at) VALUES ({}, {}, {}, {}, {}, {})",
            menu,
            version,
            rival,
            share,
            viewer.id,
            datetime.now(UTC),
        )
        live.signal(0, "questions")


async def _keep(viewer: Viewer, menu: int, draft: Tree, before: Tree) -> None:
    await db.fetch(
        "UPDATE menus_menu SET draft = {}, before = {}, draft_by = {}, draft_at = {} WHERE id = {}",
        db.clean(tree.encode(draft)),
        tree.encode(before),
        viewer.id,
        datetime.now(UTC),
        menu,
    )


async def _menu(row: dict[str, Any]) -> Menu:
    versions = await db.fetch(
        "SELECT id, number, note, person, made_at, tree AS stored FROM menus_version WHERE menu = {} "
        "ORDER BY number DESC",
        row["id"],
    )
    return Menu(
        id=row["id"],
        client=row["client"],
        market=row["market"],
        name=row["name"],
        draft=_read(row["draft"]),
        draft_by=row["draft_by"],
        draft_at=db.moment(row["draft_at"]) or datetime.now(UTC),
        undoable=bool(row["before"]),
        live=row["live"],
        rival=row["rival"],
        share=row["share"],
        versions=tuple(msgspec.convert({**each, "made_at": db.moment(each["made_at"])}, Version) for each in versions),
    )


def _read(stored: str) -> Tree | None:
    try:
        return tree.decode(stored)
    except msgspec.DecodeError:
        return None

"""The menu of a place as a part of its pack: the tree contacts get, and the draft where that differs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import N_, Invalid, Text, db, live
from polydesk.i18n import _, render
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.types import PackPart, Scope
from polydesk_menus import checking, tree
from polydesk_menus.tree import Tree

KEY = "menu"


class _Menu(msgspec.Struct, kw_only=True):
    name: str
    live: Tree | None = None
    draft: Tree | None = None


async def read(scope: Scope) -> dict[str, Any]:
    """Versions, comparisons and what contacts did in them stay behind."""
    row = await _row(scope)
    if row is None:
        return {}
    names = {number: name for name, number in (await queues.by_name(scope)).items()}
    shown = _decoded(row["tree"])
    draft = _decoded(row["draft"])
    values = {"name": row["name"], "live": _said(shown, names)}
    if draft is not None and (shown is None or draft.steps != shown.steps):
        values["draft"] = _said(draft, names)
    return {KEY: values}


async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
    """Publish the tree as a new version where it is another than contacts get now."""
    if key != KEY:
        raise Invalid(message=_("There is one entry here, “%(key)s”.", key=KEY))
    row = await _row(scope)
    if values is None:
        if row is not None:
            await db.fetch("DELETE FROM menus_menu WHERE id = {}", row["id"])
            live.signal(0, "questions")
        return
    numbers = await queues.by_name(scope)
    try:
        wanted = msgspec.convert(_numbered(values, numbers), _Menu)
    except msgspec.ValidationError as error:
        raise Invalid({"values": str(error)}) from None
    if wanted.live is not None:
        await _check(scope, wanted.live, numbers)
    draft = wanted.draft or wanted.live or Tree()
    menu = row["id"] if row else await _made(scope, wanted.name, draft, person)
    await db.fetch(
        "UPDATE menus_menu SET name = {}, draft = {}, before = '', draft_by = {}, draft_at = {} WHERE id = {}",
        db.clean(wanted.name.strip())[:200],
        db.clean(tree.encode(draft)),
        person,
        datetime.now(UTC),
        menu,
    )
    await _publish(menu, wanted.live, _decoded(row["tree"]) if row else None, person)


async def _publish(menu: int, wanted: Tree | None, shown: Tree | None, person: int | None) -> None:
    if wanted == shown:
        return
    now, version = datetime.now(UTC), None
    if wanted is not None:
        newest = await db.fetch("SELECT MAX(number) AS number FROM menus_version WHERE menu = {}", menu)
        rows = await db.fetch(
            "INSERT INTO menus_version (menu, number, tree, note, person, made_at) VALUES ({}, {}, {}, {}, {}, {}) "
            "RETURNING id",
            menu,
            (newest[0]["number"] or 0) + 1,
            db.clean(tree.encode(wanted)),
            _("Came with a pack"),
            person,
            now,
        )
        version = int(rows[0]["id"])
    await db.fetch("UPDATE menus_menu SET live = {}, rival = NULL, share = 0 WHERE id = {}", version, menu)
    await db.fetch(
        "INSERT INTO menus_publication (menu, live, rival, share, person, at) VALUES ({}, {}, NULL, 0, {}, {})",
        menu,
        version,
        person,
        now,
    )
    live.signal(0, "questions")


async def _row(scope: Scope) -> dict[str, Any] | None:
    rows = await db.fetch(
        "SELECT m.*, v.tree FROM menus_menu m LEFT JOIN menus_version v ON v.id = m.live "
        "WHERE COALESCE(m.client, 0) = {} AND COALESCE(m.market, 0) = {}",
        scope.client or 0,
        scope.market or 0,
    )
    return rows[0] if rows else None


async def _made(scope: Scope, name: str, draft: Tree, person: int | None) -> int:
    rows = await db.fetch(
        "INSERT INTO menus_menu (client, market, name, draft, before, draft_by, draft_at, share) "
        "VALUES ({}, {}, {}, {}, '', {}, {}, 0) RETURNING id",
        scope.client,
        scope.market,
        name,
        db.clean(tree.encode(draft)),
        person,
        datetime.now(UTC),
    )
    return int(rows[0]["id"])


async def _check(scope: Scope, wanted: Tree, numbers: dict[str, int]) -> None:
    languages = (await scopes.place(scope)).languages
    for problem in checking.check(wanted, languages, list(numbers.values())):
        if problem.weight == "error":
            raise Invalid({f"live.{problem.line}" if problem.line else "live": render(problem.words)})


def _said(shown: Tree | None, names: dict[int, str]) -> Any:
    """As people read it: queues by name, nothing that says nothing."""

    def plain(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return [plain(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("type") == "handover" and value.get("queue") is not None:
            value = {**value, "queue": names.get(value["queue"])}
        return {name: plain(each) for name, each in value.items() if each not in ("", (), [], {}, None)}

    return None if shown is None else plain(msgspec.to_builtins(shown))


def _numbered(value: Any, numbers: dict[str, int]) -> Any:
    if isinstance(value, list | tuple):
        return [_numbered(each, numbers) for each in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "handover" and value.get("queue"):
        if value["queue"] not in numbers:
            raise Invalid({"queue": _("There is no queue “%(name)s” here.", name=value["queue"])})
        value = {**value, "queue": numbers[value["queue"]]}
    return {name: _numbered(each, numbers) for name, each in value.items()}


def _decoded(stored: str | None) -> Tree | None:
    try:
        return tree.decode(stored) if stored else None
    except msgspec.DecodeError:
        return None


PART = PackPart(name="menus.menu", label=Text(N_("Menu")), read=read, write=write, weight=60, permission="menus.manage")

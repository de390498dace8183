"""Make a client or market what a pack says, in one transaction; and take that back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

import msgspec

from polydesk import db
from polydesk.audit import service as audit
from polydesk.errors import Conflict, Invalid, NotFound, PolydeskError
from polydesk.i18n import N_, _
from polydesk.packs import parts, rights
from polydesk.packs.comparing import compare
from polydesk.packs.files import told
from polydesk.packs.own import accounts
from polydesk.packs.own import place as place_part
from polydesk.packs.shapes import TOP, Content, Difference, Pack, Strange
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import Scope, Text

KIND = "pack.applied"
Named = Callable[[str, str, str], str]
"""Place, part and key to the file they stand in, for what is said of them."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What applying changed, or would. `left` is what the pack does not have and which stayed."""

    change: int = 0
    differences: tuple[Difference, ...] = ()
    left: tuple[Difference, ...] = ()
    made: tuple[str, ...] = ()
    strange: tuple[Strange, ...] = ()


class Moved(PolydeskError):
    """It would change something else by now than what was seen; `outcome` is that, and nothing has changed."""

    def __init__(self, words: str, outcome: Outcome) -> None:
        super().__init__(words)
        self.outcome = outcome


class _Undo(Exception):
    """Ends the transaction of a trial."""


def mark(outcome: Outcome) -> str:
    """Stands for all that would change."""
    whole = msgspec.json.encode([outcome.made, outcome.differences, outcome.strange], order="sorted")
    return hashlib.sha256(whole).hexdigest()[:24]


async def apply(
    viewer: Viewer,
    scope: Scope,
    pack: Pack,
    *,
    removes: bool = False,
    trial: bool = False,
    seen: str | None = None,
    named: Named,
) -> Outcome:
    """All of it or nothing; with `removes`, what its parts do not have is taken away. A trial changes nothing.

    With `seen`, the `mark` of an earlier trial: `Moved` when that is not what would change now.
    """
    assert scope.client is not None
    outcome = Outcome()
    try:
        async with db.transaction():
            await db.lock(f"polydesk packs {scope.client}")
            work = _Work(viewer, scope, pack, removes, named)
            outcome = await work.run()
            if trial:
                raise _Undo
            if seen is not None and seen != mark(outcome):
                raise Moved(
                    _("Something here was changed meanwhile. Look again at what the pack would change now."), outcome
                )
            if outcome.differences or outcome.made or outcome.strange:
                number = await audit.record(KIND, scope, work.person, work.book(outcome))
                outcome = msgspec.structs.replace(outcome, change=number)
    except _Undo:
        pass
    return outcome


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done at one place."""

    code: str
    scope: Scope
    now: Content
    wanted: Content
    differences: list[Difference]


class _Work:
    def __init__(self, viewer: Viewer, scope: Scope, pack: Pack, removes: bool, named: Named) -> None:
        self.viewer, self.person = viewer, viewer.id or None
        self.scope, self.pack, self.removes, self.named = scope, pack, removes, named
        self.known = {each.part.name: each for each in parts.parts()}
        self.before: dict[str, Content] = {}
        self.after: dict[str, Content] = {}
        self.made: list[str] = []
        self.differences: list[Difference] = []
        self.left: list[Difference] = []
        self.strange: list[Strange] = []

    async def run(self) -> Outcome:
        gone: list[tuple[str, Scope, Difference]] = []
        planned = [await self._plan(code, self.pack.places[code]) for code in sorted(self.pack.places)]
        self._refuse(planned)
        for plan in planned:
            gone += await self._place(plan)
        order = list(self.known)
        for code, scope, each in sorted(gone, key=lambda one: -order.index(one[2].part)):
            await self._write(code, scope, each, None)
        for code, touched in self.before.items():
            now = await parts.read(await self._scope(code))
            self.after[code] = {
                part: {key: now.get(part, {}).get(key) for key in entries} for part, entries in touched.items()
            }
        return Outcome(
            differences=tuple(self.differences),
            left=tuple(self.left),
            made=tuple(self.made),
            strange=tuple(self.strange),
        )

    def book(self, outcome: Outcome) -> dict[str, Any]:
        """For the book of changes: enough to take it back, and what could not be applied, so that it is not lost."""
        lost = {(each.place, each.part) for each in outcome.strange}
        kept: dict[str, Content] = {}
        for code, part in sorted(lost):
            kept.setdefault(code, {})[part] = self.pack.places[code][part]
        return {
            "name": self.pack.name,
            "entries": len(outcome.differences),
            "before": self.before,
            "after": self.after,
            "made": self.made,
            "strange": kept,
        }

    async def _plan(self, code: str, content: Content) -> _Plan:
        scope = await self._scope(code, content)
        now = await parts.read(scope)
        wanted = {part: content.get(part, {}) for part in self.known if part in {*content, *self.pack.parts}}
        if accounts.NAME in wanted:
            wanted[accounts.NAME] = accounts.kept(wanted[accounts.NAME], now.get(accounts.NAME, {}))
        self.strange += [
            Strange(place=code, part=part, entries=len(entries))
            for part, entries in content.items()
            if part not in self.known
        ]
        differences = compare({part: now.get(part, {}) for part in wanted}, wanted, code)
        # What is not theirs to see stays, and nothing is said of it: their own pack does not have it either.
        mine = [each for each in differences if each.what != "removed" or self._may(scope, each)]
        return _Plan(code=code, scope=scope, now=now, wanted=wanted, differences=mine)

    def _refuse(self, planned: list[_Plan]) -> None:
        """Before anything is written: every file with what this person may not set."""
        wrong = {
            self.named(plan.code, each.part, each.key): rights.refusal()
            for plan in planned
            for each in plan.differences
            if not self._may(plan.scope, each)
        }
        if wrong:
            raise Invalid(wrong)

    def _may(self, scope: Scope, each: Difference) -> bool:
        return rights.may(self.viewer, self.known[each.part].part, scope, each.key)

    async def _place(self, plan: _Plan) -> list[tuple[str, Scope, Difference]]:
        """Write what is in the pack for one place; what is to be taken away is done after everything else."""
        gone = []
        for part in self.known:
            for each in (one for one in plan.differences if one.part == part):
                if each.what != "removed":
                    await self._write(plan.code, plan.scope, each, plan.wanted[part][each.key], plan.now)
                elif self.removes:
                    self._remember(plan.code, each, plan.now)
                    gone.append((plan.code, plan.scope, each))
                else:
                    self.left.append(each)
        return gone

    async def _write(self, code: str, scope: Scope, each: Difference, values: Any, now: Content | None = None) -> None:
        if now is not None:
            self._remember(code, each, now)
        try:
            await parts.write(self.known[each.part], scope, each.key, values, self.person)
        except parts.Broken:
            raise
        except Invalid as problem:
            where = self.named(code, each.part, each.key)
            raise Invalid({where: told(problem)}) from None
        self.differences.append(each)

    def _remember(self, code: str, each: Difference, now: Content) -> None:
        was = now.get(each.part, {}).get(each.key)
        self.before.setdefault(code, {}).setdefault(each.part, {})[each.key] = was

    async def _scope(self, code: str, content: Content | None = None) -> Scope:
        if code == TOP:
            return self.scope
        assert self.scope.client is not None
        client = (await scopes.list_clients((self.scope.client,)))[0]
        known = next((market for market in client.markets if market.code == code), None)
        if known is None:
            said = (content or {}).get(place_part.NAME, {}).get(place_part.KEY) or {}
            name = said.get("name") if isinstance(said, dict) else None
            made = await scopes.create_market(self.scope.client, code=code, name=str(name or code)[:200])
            self.made.append(code)
            return Scope(self.scope.client, made)
        return Scope(self.scope.client, known.id)


async def roll_back(change: audit.Change, viewer: Viewer, *, anyway: bool = False) -> None:
    """Put back what was there before. `Conflict` when some of it was changed since, unless that is to be lost."""
    person = viewer.id or None
    async with db.transaction():
        await db.lock(f"polydesk packs {change.scope.client}")
        if not await audit.undone(change.id, person):
            raise Conflict(Text(N_("This change was taken back already.")))
        if not anyway and (moved := await changed_since(change, viewer)):
            raise Conflict(
                Text(
                    N_("{count} entries were changed since, “{key}” among them. Look at them first."),
                    {"count": len(moved), "key": moved[0].key},
                )
            )
        known = {each.part.name: each for each in parts.parts()}
        places = {code: await _where(change, code) for code in change.data["before"]}
        every = [
            (code, part, key, was)
            for code, content in change.data["before"].items()
            for part, entries in content.items()
            for key, was in entries.items()
        ]
        order = list(known)
        if missing := next((part for _code, part, _key, _was in every if part not in known), ""):
            raise Invalid(message=_("The plugin of the part %(part)s is not installed any more.", part=missing))
        every.sort(key=lambda one: order.index(one[1]))
        for code, part, key, _was in every:
            if not rights.may(viewer, known[part].part, places[code], key):
                raise Invalid({f"{part}/{key}": rights.refusal()})
        for code, part, key, was in every:
            if was is not None:
                await parts.write(known[part], places[code], key, was, person)
        for code, part, key, was in reversed(every):
            if was is None and not (code in change.data["made"] and part == place_part.NAME):
                await parts.write(known[part], places[code], key, None, person)
        for code in change.data["made"]:
            await _unmake(change, code)


async def changed_since(change: audit.Change, viewer: Viewer) -> list[Difference]:
    """Entries that are not any more as the change left them; those the viewer may not see are not told."""
    found: list[Difference] = []
    for code, content in change.data["after"].items():
        try:
            scope = await _where(change, code)
            now = await parts.read(scope)
        except NotFound:
            scope, now = change.scope, {}
        seen = rights.seen(viewer, content, [scope])
        left = _present(seen)
        is_now = _present({part: {key: now.get(part, {}).get(key) for key in keys} for part, keys in seen.items()})
        found += compare(left, is_now, code)
    return found


def _present(content: Content) -> Content:
    return {
        part: {key: values for key, values in entries.items() if values is not None}
        for part, entries in content.items()
    }


async def _where(change: audit.Change, code: str) -> Scope:
    if code == TOP:
        return change.scope
    assert change.scope.client is not None
    for client in await scopes.list_clients((change.scope.client,)):
        for market in client.markets:
            if market.code == code:
                return Scope(client.id, market.id)
    raise NotFound(_("The market %(code)s is not there any more.", code=code))


async def _unmake(change: audit.Change, code: str) -> None:
    market = (await _where(change, code)).market
    assert market is not None
    for table in await db.tables_with("market"):
        # The book goes on speaking of places that are gone, and work for nobody ends by itself.
        if table not in ("pd_change", "pd_job") and await db.fetch(
            f'SELECT id FROM "{table}" WHERE market = {{}} LIMIT 1', market
        ):
            raise Conflict(
                Text(
                    N_("The market {code} came with this pack and is in use by now, so nothing is taken back."),
                    {"code": code},
                )
            )
    await scopes.remove_market(market)

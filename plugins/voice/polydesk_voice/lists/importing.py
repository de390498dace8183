"""A file becomes a list: read, mapped, tried without any effect, then taken, with how far it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, jobs, storage
from polydesk.channels import service as channels
from polydesk.errors import Invalid, NotFound
from polydesk.i18n import _, keep, kept, render
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import JobKind, Scope
from polydesk_voice import places
from polydesk_voice.lists import never, phones, service, sheets
from polydesk_voice.lists.judging import Judge, Line
from polydesk_voice.lists.mapping import Mapping, guess
from polydesk_voice.lists.service import DialList
from polydesk_voice.lists.settings import read as read_settings
from polydesk_voice.lists.sheets import NoSheet, Sheet

_CHUNK = 400
_PROBLEMS = 2000


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """A line that is not taken; `reason` is kept words."""

    line: int
    verdict: str
    cell: str
    reason: str

    @property
    def words(self) -> str:
        """The reason in the reader's language."""
        return kept(self.reason)


class Report(msgspec.Struct, kw_only=True):
    """What came of a dry run: counts by verdict, the first lines that are not taken, and some that are."""

    good: int = 0
    duplicate: int = 0
    bad: int = 0
    never: int = 0
    problems: list[Problem] = []
    examples: list[Line] = []
    failed: str = ""

    def count(self, lines: list[Line]) -> None:
        """Take in judged lines."""
        for line in lines:
            setattr(self, line.verdict, getattr(self, line.verdict) + 1)
            if line.verdict == "good":
                if len(self.examples) < 5:
                    self.examples.append(line)
            elif len(self.problems) < _PROBLEMS:
                self.problems.append(
                    Problem(line=line.number, verdict=line.verdict, cell=line.cell, reason=keep(line.reason or ""))
                )


class Import(msgspec.Struct, frozen=True, kw_only=True):
    """One on its way."""

    id: int
    list: int
    name: str
    storage_key: str
    state: str
    done: int
    total: int
    made_at: datetime
    mapping: Mapping | None
    report: Report


async def begin(viewer: Viewer, number: int, name: str, data: bytes) -> int:
    """Keep a file and guess what its columns are; the import's id."""
    it = await service.kept(viewer, number)
    sheet = await _sheet(data, language=await _language(it))
    mapping = await asyncio.to_thread(guess, sheet, await _region(it))
    key = await storage.put(data)
    rows = await db.fetch(
        "INSERT INTO voice_import (list, client, name, storage_key, mapping, state, report, done, total, person, "
        "made_at) VALUES ({}, {}, {}, {}, {}, 'mapping', {}, 0, {}, {}, {}) RETURNING id",
        it.id,
        it.client,
        db.clean(name)[:300] or "list.csv",
        key,
        msgspec.json.encode(mapping).decode(),
        "{}",
        len(sheet.rows) - mapping.headings,
        viewer.id,
        datetime.now(UTC),
    )
    return int(rows[0]["id"])


async def get(viewer: Viewer, number: int, id: int) -> Import:
    """One of a list that the viewer keeps."""
    await service.kept(viewer, number)
    rows = await db.fetch("SELECT * FROM voice_import WHERE id = {} AND list = {}", id, number)
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return _import(rows[0])


async def listing(viewer: Viewer, number: int) -> list[Import]:
    """A list's, the latest first."""
    await service.kept(viewer, number)
    rows = await db.fetch("SELECT * FROM voice_import WHERE list = {} ORDER BY id DESC LIMIT 20", number)
    return [_import(row) for row in rows]


async def sheet_of(it: Import) -> Sheet:
    """The file as the mapping reads it."""
    mapping = it.mapping
    data = await storage.get(it.storage_key)
    return await _sheet(
        data, encoding=mapping.encoding if mapping else "", delimiter=mapping.delimiter if mapping else ""
    )


async def reread(viewer: Viewer, number: int, id: int, encoding: str, delimiter: str) -> Mapping:
    """The file read another way, with its columns guessed anew."""
    it = await get(viewer, number, id)
    _still(it, "mapping", "tried")
    sheet = await _sheet(await storage.get(it.storage_key), encoding=encoding, delimiter=delimiter)
    mapping = await asyncio.to_thread(guess, sheet, it.mapping.region if it.mapping else "")
    await _set(it.id, mapping=mapping, state="mapping", total=len(sheet.rows) - mapping.headings)
    return mapping


async def try_out(viewer: Viewer, number: int, id: int, mapping: Mapping) -> None:
    """Read every line by this mapping, and take none of them."""
    it = await get(viewer, number, id)
    _still(it, "mapping", "tried", "failed")
    if mapping.problem is not None:
        raise Invalid({"roles": render(mapping.problem)})
    sheet = await sheet_of(it)
    async with db.transaction():
        await _set(it.id, mapping=mapping, state="trying", total=len(sheet.rows) - mapping.headings)
        await jobs.enqueue("voice.import", {"import": it.id}, key=f"voice.import:{it.id}")


async def take(viewer: Viewer, number: int, id: int) -> None:
    """Take the good lines."""
    it = await get(viewer, number, id)
    _still(it, "tried")
    async with db.transaction():
        await _set(it.id, state="taking")
        await jobs.enqueue("voice.import", {"import": it.id}, key=f"voice.import:{it.id}")


async def _work(job: jobs.Job) -> None:
    rows = await db.fetch("SELECT * FROM voice_import WHERE id = {}", job.args["import"])
    if not rows or rows[0]["state"] not in ("trying", "taking"):
        return
    it = _import(rows[0])
    assert it.mapping is not None
    found = await db.fetch("SELECT * FROM voice_list WHERE id = {}", it.list)
    target = msgspec.convert({**found[0], "settings": read_settings(found[0]["settings"])}, DialList)
    sheet = await sheet_of(it)
    headings = sheet.rows[0][1] if it.mapping.headings else []
    body = sheet.rows[1:] if it.mapping.headings else sheet.rows
    zone = str(await places.zone_of(Scope(target.client, target.market)))
    judge, report = Judge(it.mapping, headings, zone), Report()
    taking = it.state == "taking"
    begins = it.done if taking else 0
    for start in range(begins, len(body), _CHUNK):
        part = body[start : start + _CHUNK]
        read = await asyncio.to_thread(lambda some: [judge.read(line, cells) for line, cells in some], part)
        lines = judge.judge(read, *await _looked_up(target, [each.phone for each in read if each.phone]))
        if taking:
            async with db.transaction():
                await _insert(target, [each for each in lines if each.verdict == "good"])
                await _set(it.id, done=start + len(part))
        else:
            report.count(lines)
            await _set(it.id, done=start + len(part))
        await job.progress(start + len(part), len(body))
    async with db.transaction():
        if taking:
            await _set(it.id, state="taken", storage_key="")
            await jobs.enqueue("voice.forget_file", {"key": it.storage_key})
            await db.fetch("UPDATE voice_list SET state = 'paused' WHERE id = {} AND state = 'done'", target.id)
        else:
            await _set(it.id, state="tried", report=report, done=0)
        await job.complete()


async def _looked_up(target: DialList, numbers: list[str]) -> tuple[set[str], set[str]]:
    known = await db.fetch(
        "SELECT phone FROM voice_list_entry WHERE list = {} AND phone IN {}", target.id, tuple(numbers)
    )
    return {row["phone"] for row in known}, await never.among(target.client, numbers)


async def _insert(target: DialList, lines: list[Line]) -> None:
    """People who are contacts already are known as such."""
    known = await db.fetch(
        "SELECT value, contact FROM pd_identity WHERE client = {} AND kind = 'phone' AND value IN {}",
        target.client,
        tuple(line.phone for line in lines),
    )
    contacts = {row["value"]: row["contact"] for row in known}
    now = datetime.now(UTC)
    await db.run_many(
        "INSERT INTO voice_list_entry (list, contact, name, phone, language, time_zones, facts, state, attempts, "
        "outcome, result, promised, due_at) VALUES ({}, {}, {}, {}, {}, {}, {}, 'waiting', 0, '', '', {}, {}) "
        "ON CONFLICT (list, phone) DO NOTHING",
        [
            (
                target.id,
                contacts.get(line.phone),
                db.clean(line.name),
                line.phone,
                line.language,
                " ".join(line.zones)[:300],
                db.clean(msgspec.json.encode(line.facts).decode()),
                False,
                now,
            )
            for line in lines
        ],
    )


async def _failed(job: jobs.Job, reason: str) -> None:
    await _set(job.args["import"], state="failed", report=Report(failed=reason[:300]))


async def _set(id: int, **values: Any) -> None:
    stored = {
        name: msgspec.json.encode(value).decode() if isinstance(value, msgspec.Struct) else value
        for name, value in values.items()
    }
    columns = ", ".join(f"{name} = {{}}" for name in stored)
    await db.fetch(f"UPDATE voice_import SET {columns} WHERE id = {{}}", *stored.values(), id)


def _still(it: Import, *states: str) -> None:
    if it.state not in states:
        raise Invalid(message=_("This file is being worked on, or was taken already."))


async def _sheet(data: bytes, **how: str) -> Sheet:
    try:
        return await asyncio.to_thread(lambda: sheets.read(data, **how))
    except NoSheet as problem:
        raise Invalid({"file": render(problem.words)}) from None


async def _language(it: DialList) -> str:
    return (await places.languages_of(Scope(it.client, it.market)))[0]


async def _region(it: DialList) -> str:
    line = await channels.load(it.account)
    for client in await scopes.list_clients((it.client,)):
        for market in client.markets:
            if market.id == it.market:
                return phones.region_of(market.code, line.address)
    return phones.region_of("", line.address)


def _import(row: dict[str, Any]) -> Import:
    return Import(
        id=row["id"],
        list=row["list"],
        name=row["name"],
        storage_key=row["storage_key"],
        state=row["state"],
        done=row["done"],
        total=row["total"],
        made_at=row["made_at"],
        mapping=msgspec.json.decode(row["mapping"], type=Mapping) if row["mapping"] != "{}" else None,
        report=msgspec.json.decode(row["report"], type=Report),
    )


JOBS = (JobKind(name="voice.import", handler=_work, max_attempts=5, on_dead=_failed),)

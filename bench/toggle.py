"""A toggle's way: a plugin is switched in one process; when do two web and two worker processes all see it?

Postgres and Redis. Both web processes are asked for a page of the plugin; and in all four the plugin itself writes
down, as soon as its process has changed its mind, whether it is on there. `python -m bench.toggle`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

import msgspec

from bench import fill, many_plugins
from bench.http import Line
from bench.places import Place, free_port, fresh, running
from polydesk import db, desk
from polydesk.scopes import switching
from polydesk.scopes.switches import Cell
from polydesk.staff import service as staff
from polydesk.web.security import SESSION

ROUNDS = 5
NAME = "toggled"
_MODULE = '''"""A plugin whose workers say what they see: a job that notes the process it ran in."""

import asyncio
import os

from litestar import Router, get

from polydesk import PluginInfo, Scope, Text, db, hookimpl
from polydesk.scopes import switches

PLUGIN = PluginInfo(label=Text("Toggled"), description=Text("For the bench."))
_telling = None


@get("/pid")
async def pid() -> str:
    return str(os.getpid())


@hookimpl
def polydesk_routers():
    # Collected in every process, workers too: each tells the table what it sees whenever that changes.
    from polydesk import live

    live.on("switched", _told)
    return [Router(path="/p/toggled", route_handlers=[pid])]


def _told(_signal):
    global _telling
    on = switches.is_on("toggled", Scope())
    _telling = asyncio.get_running_loop().create_task(_tell(on))


async def _tell(on):
    await db.fetch("INSERT INTO toggled_seen (pid, seen) VALUES ({}, {})", os.getpid(), on)
'''


class Figures(msgspec.Struct, frozen=True):
    """Seconds from the commit of a toggle until the last of four processes acted on it, for each toggle."""

    took: tuple[float, ...]

    @property
    def worst(self) -> float:
        """The slowest of them."""
        return max(self.took)


async def measure(rounds: int = ROUNDS) -> Figures:
    """On a fresh Postgres desk with real processes."""
    with fresh("postgres") as place, contextlib.ExitStack() as processes:
        folder = Path(place.environment["POLYDESK_DATA_DIR"]) / "plugins"
        many_plugins.install_one(folder, NAME, _MODULE)
        async with desk.open(place.settings):
            viewer, _account = await fill.begin()
            token = await staff.start_session(viewer.id)
            await db.fetch("CREATE TABLE toggled_seen (id BIGSERIAL PRIMARY KEY, pid BIGINT, seen BOOLEAN)")
        place.environment["PYTHONPATH"] = str(folder)
        second = Place(place.kind, {**place.environment, "POLYDESK_PORT": str(free_port())})
        webs, all_four = [place, second], set[int]()
        for each in webs:
            all_four.add(processes.enter_context(running(each, "serve", "--no-jobs")).pid)
        for _worker in range(2):
            all_four.add(processes.enter_context(running(place, "worker")).pid)
        lines = [Line(each.url, f"{SESSION}={token}") for each in webs]
        async with desk.open(place.settings, migrate=False):
            await _settled(all_four)
            took = []
            for number in range(rounds * 2):
                took.append(await _toggle(lines, all_four, on=bool(number % 2)))
        for line in lines:
            line.close()
    return Figures(tuple(took))


async def _settled(all_four: set[int]) -> None:
    """Until every process has opened its desk."""
    deadline = time.monotonic() + 60
    while True:
        rows = await db.fetch("SELECT DISTINCT pid FROM toggled_seen")
        if all_four <= {row["pid"] for row in rows}:
            return
        if time.monotonic() > deadline:
            raise SystemExit(f"only {len(rows)} of the processes have opened the desk within a minute")
        await asyncio.sleep(0.05)


async def _toggle(lines: list[Line], all_four: set[int], *, on: bool) -> float:
    (last,) = await db.fetch("SELECT COALESCE(MAX(id), 0) AS id FROM toggled_seen")
    began = time.perf_counter()
    await switching.change({Cell(NAME): on}, None)
    answers = {200} if on else {404}
    while {(await line.ask("GET", f"/p/{NAME}/pid")).status for line in lines} != answers:
        await _patient(began)
    while True:
        rows = await db.fetch("SELECT DISTINCT pid FROM toggled_seen WHERE id > {} AND seen = {}", last["id"], on)
        if all_four <= {row["pid"] for row in rows}:
            return time.perf_counter() - began
        await _patient(began)


async def _patient(began: float) -> None:
    if time.perf_counter() - began > 30:
        raise SystemExit("a toggle did not arrive within 30 s")
    await asyncio.sleep(0.005)


def main() -> None:
    """Measure it alone."""
    found = asyncio.run(measure())
    shown = ", ".join(f"{each * 1000:.0f}" for each in found.took)
    print(f"a toggle in four processes: at most {found.worst * 1000:.0f} ms ({shown})")


if __name__ == "__main__":
    main()

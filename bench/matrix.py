"""The matrix of plugins with 100 clients of 6 markets and 40 plugins, from a served desk.

`python -m bench.matrix [--keep PORT]` measures it alone; with `--keep` the desk stays, to be looked at.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import time
from pathlib import Path

import msgspec

from bench import fill, many_plugins
from bench.http import Line, percentile
from bench.places import Kind, Place, fresh, running
from polydesk import db, desk
from polydesk.staff import service as staff
from polydesk.web.security import SESSION

CLIENTS, MARKETS, PLUGINS = 100, 6, 40
_COUNTRIES = ("Spain", "Italy", "Poland", "Georgia", "Morocco", "Kenya")
_NAMES = ("Glovo", "Bolt Food", "Wolt", "Parcel", "Nile", "Corner", "Green", "Harbour", "Atlas", "Linden")
ASKED = (
    "/admin/plugins/matrix",
    "/admin/plugins/matrix?page=5",
    "/admin/plugins/matrix?q=bench&state=off",
    "/admin/plugins/matrix?place=italy&page=3",
)


class Figures(msgspec.Struct, frozen=True):
    """In ms: each screen by itself, one after the other; a page alone with a client's markets opened."""

    p50: float
    p95: float
    opened: float
    size: int


async def begin() -> str:
    """The data; a session of its owner."""
    viewer, _account = await fill.begin()
    dice = random.Random(5)
    async with db.transaction():
        clients = [
            (f"{_NAMES[number % 10]} {number // 10 + 1}", f"client-{number}", "en", "UTC")
            for number in range(CLIENTS - 1)
        ]
        await db.run_many("INSERT INTO pd_client (name, slug, languages, time_zone) VALUES ({}, {}, {}, {})", clients)
        ids = [row["id"] for row in await db.fetch("SELECT id FROM pd_client ORDER BY id")]
        markets = [(each, name[:2].upper(), name, "en", "UTC") for each in ids for name in _COUNTRIES]
        await db.run_many(
            "INSERT INTO pd_market (client, code, name, languages, time_zone) VALUES ({}, {}, {}, {}, {})", markets
        )
        switches = []
        rows = await db.fetch("SELECT id, client FROM pd_market ORDER BY id")
        for number in range(1, PLUGINS + 1):
            name = f"bench_{number:02}"
            switches += [(name, each, None, dice.random() < 0.5) for each in ids if dice.random() < 0.2]
            switches += [(name, row["client"], row["id"], dice.random() < 0.5) for row in rows if dice.random() < 0.1]
        await db.run_many(
            "INSERT INTO pd_plugin_switch (plugin, client, market, enabled) VALUES ({}, {}, {}, {})", switches
        )
    return await staff.start_session(viewer.id)


async def measure(place: Place, token: str, seconds: float) -> Figures:
    """Ask a served desk."""
    line, took, size = Line(place.url, f"{SESSION}={token}"), list[float](), 0
    deadline, number = time.monotonic() + seconds, 0
    while time.monotonic() < deadline or number < 2 * len(ASKED):
        began = time.perf_counter()
        answer = await line.ask("GET", ASKED[number % len(ASKED)])
        if answer.status != 200:
            raise SystemExit(f"the matrix answered {answer.status}")
        if number >= len(ASKED):
            took.append((time.perf_counter() - began) * 1000)
        size = max(size, len(answer.body))
        number += 1
    opened = []
    ids = ".".join(str(each) for each in range(1, CLIENTS))
    for _time in range(5):
        began = time.perf_counter()
        await line.ask("GET", f"/admin/plugins/matrix?open={ids}")
        opened.append((time.perf_counter() - began) * 1000)
    line.close()
    return Figures(percentile(took, 0.5), percentile(took, 0.95), statistics.median(opened), size)


async def figures(kind: Kind, seconds: float, keep: int = 0) -> Figures:
    """A desk of its own with everything in it, measured."""
    with fresh(kind) as place:
        folder = Path(place.environment["POLYDESK_DATA_DIR"]) / "plugins"
        place.environment.update(many_plugins.install(folder, PLUGINS))
        if keep:
            place.environment["POLYDESK_PORT"] = str(keep)
        async with desk.open(place.settings):
            token = await begin()
        with running(place, "serve"):
            found = await measure(place, token, seconds)
            if keep:
                print(f"{place.url}  {SESSION}={token}", flush=True)
                await asyncio.sleep(3600)
    return found


def main() -> None:
    """Measure it alone."""
    parser = argparse.ArgumentParser(prog="python -m bench.matrix", description=__doc__)
    parser.add_argument("--keep", type=int, default=0, metavar="PORT")
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seconds", type=float, default=4.0)
    options = parser.parse_args()
    found = asyncio.run(figures(options.database, options.seconds, options.keep))
    what = f"matrix, {CLIENTS} clients, {MARKETS} markets, {PLUGINS} plugins"
    print(f"{what}: p50 {found.p50:.0f} ms, p95 {found.p95:.0f} ms")
    print(f"the same with ten clients' markets opened: {found.opened:.0f} ms; a page has {found.size / 1000:.0f} kB")


if __name__ == "__main__":
    main()

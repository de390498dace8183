"""`make bench`: every figure of the desk beside its target and its floor, on both databases. Stops by itself.

`make bench ARGS="--quick"` for small sizes, `--database sqlite` for one database, `--skip-fresh` without the clone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import statistics
import time

import psutil

from bench import (
    calls,
    chat,
    fill,
    floor,
    mails,
    matrix,
    nothing_to_inbox,
    screens,
    toggle,
    waiting,
    webhooks,
    with_plugins,
)
from bench.places import Kind, Place, fresh, running
from polydesk import db, desk
from polydesk.staff import service as staff


class Report:
    """Rows as they are measured, so that a stopped bench has said something."""

    def __init__(self) -> None:
        print(f"{'what':<58}{'measured':>12}{'target':>12}{'floor':>12}", flush=True)

    def row(self, what: str, measured: str, target: str = "", lowest: str = "") -> None:
        """One figure."""
        print(f"{what:<58}{measured:>12}{target:>12}{lowest:>12}", flush=True)


async def mail_rate(place: Place, account: int, runs: int, count: int, mark: str) -> list[float]:
    """Each run's mails a second: in one process on SQLite, by two workers on Postgres."""
    if place.kind == "sqlite":
        return [await mails.receive(account, count, f"{mark}{run}", here=True) for run in range(runs)]
    with running(place, "worker"), running(place, "worker"):
        await mails.receive(account, 20, f"{mark}-warm", here=False)
        return [await mails.receive(account, count, f"{mark}{run}", here=False) for run in range(runs)]


async def on(kind: Kind, options: argparse.Namespace, report: Report) -> None:
    """Everything that is measured on one database."""
    sizes = (500, 2000) if options.quick else (10_000, 100_000)
    runs, count, seconds = (2, 100, 1.0) if options.quick else (5, 400, 4.0)
    commits = statistics.median([await floor.transactions(kind, 200) for _ in range(runs)])
    with fresh(kind) as place:
        async with desk.open(place.settings):
            viewer, account = await fill.begin()
            token = await staff.start_session(viewer.id)
            rates = await mail_rate(place, account, runs, count, "empty")
            goal = "≥ 150/s" if kind == "sqlite" else "≥ 250/s"
            report.row(f"{kind}: mails, empty desk", f"{statistics.median(rates):.0f}/s", goal, f"{commits:.0f}/s")
            if kind == "sqlite":
                report.row(f"{kind}: job, commit to start, p95", f"{await waiting.job_start():.0f} ms", "≤ 100 ms")
                report.row(f"{kind}: change to 100 screens, p95", f"{await waiting.change_shown():.0f} ms", "≤ 200 ms")
        for size in sizes:
            async with desk.open(place.settings):
                await fill.fill(viewer, account, size)
                # The replies of the size before go to a closed port and would be tried again beside the screens.
                await db.fetch("DELETE FROM pd_job WHERE name = 'outbound.deliver'")
                rows = await db.fetch("SELECT id FROM pd_conversation WHERE status = 'open' ORDER BY id LIMIT 200")
                numbers = [int(row["id"]) for row in rows]
            await _served(place, token, numbers, size, seconds, report)
        async with desk.open(place.settings):
            rates = await mail_rate(place, account, runs, count, "full")
            report.row(
                f"{kind}: mails, {sizes[-1]} conversations",
                f"{statistics.median(rates):.0f}/s",
                goal,
                f"{commits:.0f}/s",
            )
    await _webhooks(kind, options.quick, report)
    await _chats(kind, options.quick, report)
    await _calls(kind, options.quick, report)
    found = await matrix.figures(kind, 1.0 if options.quick else 4.0)
    report.row(f"{kind}: matrix of 100 clients x 6 x 40, p95", f"{found.p95:.0f} ms", "≤ 150 ms", f"{found.p50:.0f} ms")
    if kind == "postgres":
        switched = await toggle.measure()
        report.row("a toggle in four processes, at most", f"{switched.worst * 1000:.0f} ms", "≤ 1000 ms")


async def _webhooks(kind: Kind, quick: bool, report: Report) -> None:
    """WhatsApp on a desk of its own; on Postgres a web and a worker process share the work."""
    runs, messages, seconds = (2, 100, 1.0) if quick else (5, webhooks.MESSAGES, webhooks.STEADY_SECONDS)
    with fresh(kind) as place, contextlib.ExitStack() as processes:
        async with desk.open(place.settings):
            viewer, _account = await fill.begin()
            await webhooks.begin(viewer)
        for command in [("serve",)] if kind == "sqlite" else [("serve", "--no-jobs"), ("worker",)]:
            processes.enter_context(running(place, *command))
        async with desk.open(place.settings, migrate=False):
            rates = [await webhooks.rate(place, messages, f"run{run}") for run in range(runs)]
            p95 = await webhooks.acknowledged(place, "steady", seconds)
    goal = "≥ 300/s" if kind == "postgres" else ""
    report.row(f"{kind}: WhatsApp webhooks, request to stored", f"{statistics.median(rates):.0f}/s", goal)
    report.row(f"{kind}: the same at 100/s, acknowledged, p95", f"{p95:.0f} ms", "≤ 50 ms")


async def _chats(kind: Kind, quick: bool, report: Report) -> None:
    """Web chat on a desk of its own, so that nothing else is measured with it."""
    pages, messages = (30, 30) if quick else (chat.PAGES, chat.MESSAGES)
    with fresh(kind) as place:
        async with desk.open(place.settings):
            viewer, _account = await fill.begin()
            token = await chat.begin(viewer)
        with running(place, "serve"):
            found = await chat.measure(place, token, pages, messages)
    report.row(f"{kind}: {pages} chats, visitor to agent, p95", f"{found.to_agent:.0f} ms", "≤ 300 ms")
    report.row(f"{kind}: {pages} chats, agent to visitor, p95", f"{found.to_visitor:.0f} ms", "≤ 300 ms")


async def _calls(kind: Kind, quick: bool, report: Report) -> None:
    """Calls on a desk of their own; on Postgres a web and a worker process share the work."""
    seconds, rate, agents = (15.0, 4.0, 40) if quick else (calls.SECONDS, calls.A_SECOND, calls.AGENTS)
    with fresh(kind) as place, contextlib.ExitStack() as processes:
        office = calls.Office(place)
        async with desk.open(place.settings):
            viewer, _account = await fill.begin()
            await office.begin(viewer, agents)
        for command in [("serve",)] if kind == "sqlite" else [("serve", "--no-jobs"), ("worker",)]:
            processes.enter_context(running(place, *command))
        async with desk.open(place.settings, migrate=False):
            try:
                found = await office.measure(seconds, rate)
            finally:
                await office.exchange.stop()
    report.row(f"{kind}: {found.calls} calls, most at once", str(found.most), "" if quick else f"≥ {calls.AT_ONCE}")
    report.row(f"{kind}: our answer to the provider, p95", f"{found.p95:.0f} ms", "≤ 200 ms", f"{found.p50:.0f} ms")
    report.row(f"{kind}: calls dropped by us", str(found.dropped), "0")


def _plugins(found: dict[int, float], report: Report) -> None:
    """What more plugins cost."""
    for count, took in found.items():
        added = took - found[0]
        more = f"{count} more plugins" if count else "as it comes"
        goal = {40: "≤ +1 ms"}.get(count, "")
        report.row(f"a screen, {more}", f"{took:.2f} ms" if not count else f"+{added:.2f} ms", goal)


async def _served(place: Place, token: str, numbers: list[int], size: int, seconds: float, report: Report) -> None:
    """The screens of a real `polydesk serve` on this database."""
    kind = place.kind
    with running(place, "serve") as process:
        memory = psutil.Process(process.pid).memory_info().rss / 1e6
        runs = 5
        for what, paths, goal in (
            ("list, 25 rows", ["/inbox?view=all"], "≤ 60 ms"),
            ("conversation", [f"/conversations/{number}" for number in numbers], "≤ 80 ms"),
        ):
            found = [await screens.pages(place, token, paths, seconds) for _ in range(runs)]
            p50 = statistics.median(each.p50 for each in found)
            p95 = statistics.median(each.p95 for each in found)
            bare = await floor.constant_page(found[0].size, 1.0, screens.CONCURRENCY)
            report.row(f"{kind}, {size}: {what}, p50", f"{p50:.0f} ms", "", f"{bare[0]:.1f} ms")
            report.row(f"{kind}, {size}: {what}, p95", f"{p95:.0f} ms", goal, f"{bare[1]:.1f} ms")
        answered = [await screens.replies(place, token, numbers, seconds) for _ in range(runs)]
        rate = statistics.median(each.rate for each in answered)
        report.row(f"{kind}, {size}: replies by form, concurrency 8", f"{rate:.0f}/s", "≥ 100/s")
        loaded = psutil.Process(process.pid).memory_info().rss / 1e6
        if kind == "sqlite":
            report.row(f"{kind}, {size}: memory idle, one process", f"{memory:.0f} MB", "≤ 150 MB")
            report.row(f"{kind}, {size}: memory after the load", f"{loaded:.0f} MB")


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, for trying the bench itself")
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--skip-fresh", action="store_true", help="leave out the fresh clone")
    options = parser.parse_args()
    begun = time.perf_counter()
    logging.getLogger("arq").setLevel(logging.WARNING)
    report = Report()
    if not options.skip_fresh:
        report.row("nothing to inbox, packages cached", f"{nothing_to_inbox.measure():.0f} s", "≤ 60 s")
    _plugins(asyncio.run(with_plugins.measure(*((2, 1.0) if options.quick else (3, 4.0)))), report)
    kinds: tuple[Kind, ...] = ("sqlite", "postgres")
    for kind in kinds:
        if options.database in (kind, "both"):
            asyncio.run(on(kind, options, report))
    print(f"took {time.perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()

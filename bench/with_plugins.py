"""What 0, 10 and 40 more plugins cost a screen: one request at a time, the same desk each time."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path

import msgspec

from bench import fill, many_plugins, screens
from bench.places import fresh, running
from polydesk import db, desk
from polydesk.staff import service as staff

COUNTS = (0, 10, 40)
_CONVERSATIONS = 1000


async def measure(rounds: int, seconds: float) -> dict[int, float]:
    """Milliseconds of an answer, half of them the list, half a conversation, by how many plugins were added.

    Rounds go through all counts by turns, so that what the machine does beside falls on each; the best round counts.
    """
    found: dict[int, list[float]] = {count: [] for count in COUNTS}
    with fresh("sqlite") as place, tempfile.TemporaryDirectory(prefix="polydesk-bench-plugins-") as folder:
        async with desk.open(place.settings):
            viewer, account = await fill.begin()
            token = await staff.start_session(viewer.id)
            await fill.fill(viewer, account, _CONVERSATIONS)
            await db.fetch("DELETE FROM pd_job WHERE name = 'outbound.deliver'")
            rows = await db.fetch("SELECT id FROM pd_conversation WHERE status = 'open' ORDER BY id LIMIT 50")
        conversations = [f"/conversations/{row['id']}" for row in rows]
        for _round in range(rounds):
            for count in COUNTS:
                more = many_plugins.install(Path(folder) / str(count), count) if count else {}
                there = msgspec.structs.replace(place, environment={**place.environment, **more})
                with running(there, "serve"):
                    both = [
                        await screens.pages(there, token, paths, seconds, concurrency=1)
                        for paths in (["/inbox?view=all"], conversations)
                    ]
                found[count].append(statistics.mean(each.p50 for each in both))
    return {count: min(times) for count, times in found.items()}

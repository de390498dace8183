"""The list, the conversation and the reply, over HTTP at concurrency 8, from a served desk."""

from __future__ import annotations

import random
import re
from urllib.parse import urlencode

import msgspec

from bench.http import Line, hammer, percentile
from bench.places import Place
from polydesk.web.security import SESSION

CONCURRENCY = 8


class Times(msgspec.Struct, frozen=True):
    """Median and 95th percentile in ms, answers a second, and the size of an answer in bytes."""

    p50: float
    p95: float
    rate: float
    size: int


async def pages(place: Place, token: str, paths: list[str], seconds: float, concurrency: int = CONCURRENCY) -> Times:
    """Ask for these paths by turns."""
    lines = [Line(place.url, f"{SESSION}={token}") for _ in range(concurrency)]
    sizes: list[int] = []

    async def one(line: Line, number: int) -> None:
        answer = await line.ask("GET", paths[number % len(paths)])
        if answer.status != 200:
            raise SystemExit(f"GET {paths[number % len(paths)]} answered {answer.status}")
        sizes.append(len(answer.body))

    for line in lines:
        await one(line, 0)
    rate, took = await hammer(lines, seconds, one)
    for line in lines:
        line.close()
    return Times(percentile(took, 0.5), percentile(took, 0.95), rate, sizes[-1])


async def replies(place: Place, token: str, conversations: list[int], seconds: float) -> Times:
    """Post the reply form, each time on another conversation."""
    lines = [Line(place.url, f"{SESSION}={token}") for _ in range(CONCURRENCY)]
    dice = random.Random(3)
    proofs: dict[Line, str] = {}
    for line in lines:
        page = await line.ask("GET", f"/conversations/{conversations[0]}")
        visitor = page.headers.get("set-cookie", "").partition(";")[0]
        line.cookie += f"; {visitor}" if visitor else ""
        page = await line.ask("GET", f"/conversations/{conversations[0]}")
        found = re.search(rb'name="_csrf_token" value="([^"]+)"', page.body)
        if found is None:
            raise SystemExit("the conversation page has no form token")
        proofs[line] = found[1].decode()

    async def one(line: Line, number: int) -> None:
        form = {
            "_csrf_token": proofs[line],
            "kind": "reply",
            "text": "Your parcel is on its way. " * 10,
            "once": f"bench-{number}-{dice.random()}",
        }
        target = conversations[number % len(conversations)]
        answer = await line.ask(
            "POST", f"/conversations/{target}/messages", urlencode(form).encode(), "application/x-www-form-urlencoded"
        )
        if answer.status not in (200, 302, 303):
            raise SystemExit(f"a reply was answered {answer.status}: {answer.body[:300]!r}")

    rate, took = await hammer(lines, seconds, one)
    for line in lines:
        line.close()
    return Times(percentile(took, 0.5), percentile(took, 0.95), rate, 0)

"""WhatsApp's webhooks: how many a second from request to stored and shown, and how soon they are acknowledged."""

from __future__ import annotations

import asyncio
import random
import time

from bench.http import Line, percentile
from bench.places import Place
from polydesk import db
from polydesk.channels import service as channels
from polydesk.staff.access import Viewer
from polydesk.testing.meta.whatsapp_bodies import signed_text

MESSAGES = 2000
CALLERS = 16
STEADY = 100.0
STEADY_SECONDS = 10.0
_SECRET, _NUMBER = "a secret of the bench's own app", "110000000000001"
_RETURNING = 0.6
_PATIENCE = 120.0


async def begin(viewer: Viewer) -> None:
    """A number on an open desk."""
    found = channels.find_channel("whatsapp")
    if found is None:
        raise SystemExit("the WhatsApp plugin is not installed")
    settings = found[1].settings(
        phone_number_id=_NUMBER, token="t", app_secret=_SECRET, verify_token="v", base_url="http://127.0.0.1:9"
    )
    client = viewer.clients[0]
    await channels.save_account(viewer, channel="whatsapp", client=client, market=None, name="W", settings=settings)


async def rate(place: Place, count: int, mark: str) -> float:
    """Messages a second from the first request until the last one is in its conversation."""
    bodies = _bodies(count, mark)
    before = await _stored()
    lines = [Line(place.url) for _ in range(CALLERS)]
    waiting = iter(bodies)
    begun = time.perf_counter()

    async def call(line: Line) -> None:
        for raw, header in waiting:
            await _post(line, raw, header)

    await asyncio.gather(*(call(line) for line in lines))
    while await _stored() < before + count:
        await asyncio.sleep(0.02)
        if time.perf_counter() - begun > _PATIENCE:
            raise SystemExit("not all messages were read within two minutes")
    took = time.perf_counter() - begun
    for line in lines:
        line.close()
    return count / took


async def acknowledged(place: Place, mark: str, seconds: float) -> float:
    """How long a caller waits for "200" at a hundred a second, from when the call was due; 95th percentile in ms."""
    bodies = _bodies(int(STEADY * seconds), mark)
    free: list[Line] = []
    took: list[float] = []

    async def one(raw: bytes, header: str, due: float) -> None:
        line = free.pop() if free else Line(place.url)
        await _post(line, raw, header)
        took.append((time.perf_counter() - due) * 1000)
        free.append(line)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as calls:
        for number, (raw, header) in enumerate(bodies):
            due = begun + number / STEADY
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            calls.create_task(one(raw, header, due))
    for line in free:
        line.close()
    return percentile(took, 0.95)


def _bodies(count: int, mark: str) -> list[tuple[bytes, str]]:
    """One message each; six in ten come from somebody who wrote before."""
    dice = random.Random(mark)
    found = []
    for number in range(count):
        sender = dice.randrange(number) if number and dice.random() < _RETURNING else number
        raw, headers = signed_text(
            _SECRET,
            number=_NUMBER,
            sender=f"9955{_digits(mark):04d}{sender:05d}",
            words="Where is my parcel? It should have been here on Monday.",
            id=f"wamid.{mark}{number}",
            at=int(time.time()),
        )
        found.append((raw, headers["x-hub-signature-256"]))
    return found


def _digits(mark: str) -> int:
    """Four digits that are the same in every run."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(mark)) % 10_000


async def _post(line: Line, raw: bytes, header: str) -> None:
    answer = await line.ask("POST", "/hooks/whatsapp", raw, f"application/json\r\nX-Hub-Signature-256: {header}")
    if answer.status != 200:
        raise SystemExit(f"the desk answered {answer.status}")


async def _stored() -> int:
    return int((await db.fetch("SELECT COUNT(*) AS n FROM pd_arrival WHERE state = 'done'"))[0]["n"])

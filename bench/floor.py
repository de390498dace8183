"""What the machine itself allows: the same statements straight through the driver, a page that is a constant."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import tempfile
import time
from pathlib import Path

import asyncpg
import uvicorn
from litestar import Litestar, MediaType, get

from bench.http import Line, hammer, percentile
from bench.places import SERVER, Kind, free_port

# About what one mail writes: arrival, job, key, contact, identity, conversation, item, references, their ends.
_STATEMENTS = 12
_BODY = "x" * 1500


async def transactions(kind: Kind, count: int) -> float:
    """Transactions a second of twelve small writes each, one after the other, synced to disk."""
    return await (_postgres(count) if kind == "postgres" else asyncio.to_thread(_sqlite, count))


def _sqlite(count: int) -> float:
    folder = tempfile.mkdtemp(prefix="polydesk-floor-", dir=Path.cwd())
    path = Path(folder) / "floor.sqlite3"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT, body TEXT)")
    connection.execute("CREATE INDEX t_k ON t (k)")
    begun = time.perf_counter()
    for number in range(count):
        connection.execute("BEGIN IMMEDIATE")
        for step in range(_STATEMENTS):
            connection.execute("INSERT INTO t (k, body) VALUES (?, ?)", (f"{number}-{step}", _BODY))
        connection.execute("COMMIT")
    took = time.perf_counter() - begun
    connection.close()
    for leftover in Path(folder).iterdir():
        leftover.unlink()
    Path(folder).rmdir()
    return count / took


async def _postgres(count: int) -> float:
    connection = await asyncpg.connect(SERVER)
    table = f"polydesk_floor_{os.getpid()}"
    await connection.execute(f"CREATE TABLE {table} (id bigserial PRIMARY KEY, k text, body text)")
    await connection.execute(f"CREATE INDEX ON {table} (k)")
    begun = time.perf_counter()
    for number in range(count):
        async with connection.transaction():
            for step in range(_STATEMENTS):
                await connection.execute(f"INSERT INTO {table} (k, body) VALUES ($1, $2)", f"{number}-{step}", _BODY)
    took = time.perf_counter() - begun
    await connection.execute(f"DROP TABLE {table}")
    await connection.close()
    return count / took


async def constant_page(size: int, seconds: float, concurrency: int) -> tuple[float, float]:
    """p50 and p95 in ms of a page of this size that is a constant, by the same server and client."""
    body = "x" * size

    @get("/", media_type=MediaType.HTML, sync_to_thread=False)
    def page() -> str:
        return body

    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(Litestar([page]), port=port, log_level="error", access_log=False, lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.02)
    lines = [Line(f"http://127.0.0.1:{port}") for _ in range(concurrency)]

    async def one(line: Line, _number: int) -> None:
        await line.ask("GET", "/")

    _rate, took = await hammer(lines, seconds, one)
    for line in lines:
        line.close()
    server.should_exit = True
    await serving
    return percentile(took, 0.5), percentile(took, 0.95)

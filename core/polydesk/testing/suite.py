"""Run the whole suite on SQLite, then once more on Postgres and Redis when they answer (`make test`).

POLYDESK_TEST_POSTGRES and POLYDESK_TEST_REDIS say where they are; further arguments go to pytest. Exit code 0 when all
passed. With CI=true, a Postgres or Redis that does not answer is a failure too.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys

import asyncpg
import redis
from redis.exceptions import RedisError

from polydesk.testing.fixtures import LOCAL_POSTGRES, LOCAL_REDIS

PROCESSES = "2"


def main(arguments: list[str]) -> int:
    """Both rounds; the second says why if it is left out."""
    print("== SQLite, one process", flush=True)  # noqa: T201 a command
    worst = _pytest(arguments, {})
    postgres = os.environ.get("POLYDESK_TEST_POSTGRES", LOCAL_POSTGRES)
    server = os.environ.get("POLYDESK_TEST_REDIS", LOCAL_REDIS)
    if missing := _missing(postgres, server):
        print(f"== Postgres and Redis: left out, {missing}", flush=True)  # noqa: T201
        return worst or int(os.environ.get("CI") == "true")
    print("== Postgres and Redis", flush=True)  # noqa: T201
    return _pytest(arguments, {"POLYDESK_TEST_DATABASE": postgres, "POLYDESK_TEST_REDIS": server}) or worst


def _pytest(arguments: list[str], more: dict[str, str]) -> int:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POLYDESK_")}
    ran = subprocess.run([sys.executable, "-m", "pytest", "-n", PROCESSES, *arguments], env=clean | more, check=False)
    return ran.returncode


def _missing(postgres: str, server: str) -> str:
    try:
        asyncio.run(_ask(postgres))
    except (OSError, asyncpg.PostgresError) as error:
        return f"no Postgres on {postgres}: {error}"
    try:
        redis.Redis.from_url(server, socket_connect_timeout=2).ping()
    except RedisError as error:
        return f"no Redis on {server}: {error}"
    return ""


async def _ask(postgres: str) -> None:
    connection = await asyncpg.connect(postgres, timeout=5)
    await connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

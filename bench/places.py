"""The two databases the bench runs on, each made fresh and dropped at the end."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.error import URLError

import msgspec

from polydesk import settings as configuration
from polydesk.settings import Settings

Kind = Literal["sqlite", "postgres"]
SERVER = os.environ.get("POLYDESK_BENCH_POSTGRES", "postgres://root@127.0.0.1:5432/postgres")
REDIS = os.environ.get("POLYDESK_BENCH_REDIS", "redis://127.0.0.1:6379/9")


class Place(msgspec.Struct, frozen=True):
    """A database with nothing in it, as environment variables and as settings."""

    kind: Kind
    environment: dict[str, str]

    @property
    def settings(self) -> Settings:
        """For opening the desk in this process."""
        return configuration.load(self.environment)

    @property
    def url(self) -> str:
        """Where a served desk answers."""
        return f"http://127.0.0.1:{self.environment['POLYDESK_PORT']}"


@contextlib.contextmanager
def fresh(kind: Kind) -> Iterator[Place]:
    """A new place, on the disk the checkout is on: a memory disk would flatter every figure."""
    folder = Path(tempfile.mkdtemp(prefix="polydesk-bench-", dir=Path.cwd()))
    environment = {
        "POLYDESK_DATA_DIR": str(folder),
        "POLYDESK_SECRET_KEY": "for the bench only, and of no use anywhere else",
        "POLYDESK_PORT": str(free_port()),
        "POLYDESK_LOG_LEVEL": "error",
    }
    name = f"polydesk_bench_{os.getpid()}"
    if kind == "postgres":
        _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}"')
        environment["POLYDESK_DATABASE_URL"] = SERVER.rpartition("/")[0] + f"/{name}"
        environment["POLYDESK_REDIS_URL"] = REDIS
    try:
        yield Place(kind, environment)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if kind == "postgres":
            _on_server(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextlib.contextmanager
def running(place: Place, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real `polydesk …` process; stopped by SIGTERM at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "polydesk", *arguments],
        env={**os.environ, **place.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        if arguments[0] == "serve":
            _wait_for(place.url + "/sign-in", process)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stderr is not None:
            process.stderr.close()


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if process.poll() is not None:
            assert process.stderr is not None
            raise SystemExit(f"polydesk ended by itself: {process.stderr.read().decode()[-2000:]}")
        with contextlib.suppress(URLError, ConnectionError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.05)
    raise SystemExit(f"{url} did not answer within a minute")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _on_server(*statements: str) -> None:
    for statement in statements:
        subprocess.run(["psql", "-q", SERVER, "-c", statement], check=True, stderr=subprocess.DEVNULL)

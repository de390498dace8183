"""Seconds from a fresh clone to an open inbox with demo data, packages cached by pip."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from bench.places import free_port

_LIMIT = 300


def measure() -> float:
    """`git clone`, `make run`, and ask until the sign-in page answers."""
    folder = Path(tempfile.mkdtemp(prefix="polydesk-fresh-"))
    port = free_port()
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("POLYDESK_", "VIRTUAL_ENV"))}
    begun = time.perf_counter()
    subprocess.run(["git", "clone", "-q", ".", str(folder / "polydesk")], check=True)
    process = subprocess.Popen(
        ["make", "run"],
        cwd=folder / "polydesk",
        env={**keep, "POLYDESK_PORT": str(port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while time.perf_counter() - begun < _LIMIT:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/sign-in", timeout=2).close()
                return time.perf_counter() - begun
            except OSError:
                if process.poll() is not None:
                    raise SystemExit("make run ended by itself in the fresh clone") from None
                time.sleep(0.1)
        raise SystemExit(f"no inbox within {_LIMIT} s")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)
        shutil.rmtree(folder, ignore_errors=True)

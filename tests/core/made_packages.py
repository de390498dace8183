"""Packages as pip leaves them, made in a folder of the test's own, and a real desk that finds them there."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx

from polydesk.settings import Settings
from polydesk.web.security import SESSION

HEAD = """
from polydesk import PluginInfo, Text, hookimpl
PLUGIN = PluginInfo(label=Text("{label}"), description=Text("Made by a test."))
"""


def package(folder: Path, name: str, source: str = "", *, head: str = HEAD, files: dict[str, str] | None = None,
            distribution: str = "") -> Path:  # fmt: skip
    """Install `polydesk_<name>` with this `plugin.py` into the folder; where its module is."""
    distribution = distribution or f"polydesk-{name.replace('_', '-')}"
    module = distribution.replace("-", "_")
    home = folder / module
    home.mkdir(parents=True)
    (home / "__init__.py").write_text("")
    (home / "plugin.py").write_text(head.replace("{label}", name.capitalize()) + source)
    for path, words in (files or {}).items():
        (home / path).parent.mkdir(parents=True, exist_ok=True)
        (home / path).write_text(words)
    info = folder / f"{module}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[polydesk]\n{name} = {module}.plugin\n")
    (info / "INSTALLER").write_text("pip\n")
    return home


def environment(settings: Settings, folder: Path | None) -> dict[str, str]:
    """What a process needs to be this desk, with these packages installed."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POLYDESK_")}
    clean.pop("PYTHONPATH", None)
    return clean | {
        "POLYDESK_DATA_DIR": str(settings.data_dir),
        "POLYDESK_DATABASE_URL": settings.database_url,
        "POLYDESK_REDIS_URL": settings.redis_url,
        "POLYDESK_SECRET_KEY": settings.secret_key,
        "POLYDESK_PORT": str(settings.port),
        **({"PYTHONPATH": str(folder)} if folder else {}),
    }


class Served:
    """A desk in a process of its own, and a browser in which somebody is signed in."""

    def __init__(self, browser: httpx.AsyncClient, process: subprocess.Popen[bytes], began: float) -> None:
        self.browser, self.process, self.began = browser, process, began

    async def page(self, path: str) -> str:
        """A page that must be there."""
        answer = await self.browser.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, (path, answer.status_code, answer.text[-2000:])
        return answer.text

    async def send(self, path: str, **form: str) -> httpx.Response:
        """A form of a page, with its token."""
        page = await self.page("/admin/plugins")
        token = page.split('data-csrf="')[1].split('"')[0]
        return await self.browser.post(path, data={"_csrf_token": token, **form}, headers={"Accept": "text/html"})


@contextlib.asynccontextmanager
async def serve(settings: Settings, token: str, folder: Path | None = None, *arguments: str) -> AsyncIterator[Served]:
    """`polydesk serve` on these settings while the block lasts."""
    with (settings.data_dir / "said").open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "polydesk", "serve", *arguments],
            env=environment(settings, folder),
            stdout=subprocess.DEVNULL,
            stderr=said,
        )
    began = time.monotonic()
    browser = httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.port}", timeout=30)
    browser.cookies.set(SESSION, token)
    try:
        while True:
            assert process.poll() is None, (settings.data_dir / "said").read_text()[-4000:]
            assert time.monotonic() - began < 60, "it does not open"
            try:
                await browser.get("/sign-in")
                break
            except httpx.TransportError:
                await asyncio.sleep(0.05)
        yield Served(browser, process, began)
    finally:
        await browser.aclose()
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()

"""Run a desk in this process until told to stop: the web server, the jobs, the listeners."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import uvicorn

from polydesk import desk, jobs, poke
from polydesk.demo import post_office
from polydesk.errors import PolydeskError
from polydesk.inbound import listening
from polydesk.plugins import watchdog
from polydesk.settings import Settings
from polydesk.simulate import control
from polydesk.web.app import create_app

log = logging.getLogger("polydesk.serving")
PATIENCE_WITH_DATABASE = 30.0
PATIENCE_WITH_STREAMS = 2


class PortTaken(PolydeskError):
    """The address to serve on cannot be had."""


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # Signals are the caller's: they must end the jobs as well, in order.
        yield


def bind(settings: Settings) -> socket.socket:
    """Take the port before anything else is begun, so that a taken one is told at once."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only on sockets that say they are TCP; else every answer waits 40 ms.
    taken = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host, settings.port))
    except OSError as error:
        taken.close()
        raise PortTaken(
            f"Polydesk cannot serve on {settings.host} port {settings.port}: {error.strerror}."
            " Choose another with POLYDESK_HOST and POLYDESK_PORT."
        ) from None
    return taken


async def serve(
    settings: Settings,
    stop: asyncio.Event,
    *,
    at: socket.socket,
    execute: bool = True,
    ready: Callable[[], Awaitable[None]] | None = None,
    simulate: bool = False,
) -> None:
    """Serve until `stop`; `ready` is awaited once the desk answers.

    Without `execute`, other processes run the jobs; with `simulate`, make-believe people begin to write.
    """
    with at:
        async with opened(settings), post_office.reopened(settings):
            app = create_app(settings)
            server = _Server(
                uvicorn.Config(
                    app,
                    log_config=None,
                    log_level="debug" if settings.log_level == "debug" else "warning",
                    access_log=False,
                    server_header=False,
                    lifespan="on",
                    timeout_graceful_shutdown=PATIENCE_WITH_STREAMS,
                )
            )
            ending = asyncio.Event()
            web = asyncio.create_task(server.serve(sockets=[at]), name="web")
            parts = [asyncio.create_task(jobs.run(ending, execute=execute), name="jobs")]
            if execute:
                parts.append(asyncio.create_task(listening.run(ending, alone=settings.embedded), name="listeners"))
            try:
                while not server.started and not web.done():  # noqa: ASYNC110 uvicorn has no event for it
                    await asyncio.sleep(0.01)
                if ready is not None and not web.done():
                    await ready()
                if simulate:
                    control.start()
                await _until(stop, [web, *parts])
            finally:
                await control.stop()
                if (stopping := getattr(app.state, "stopping", None)) is not None:
                    stopping.set()
                server.should_exit = True
                await asyncio.gather(web, return_exceptions=True)
                ending.set()
                await asyncio.gather(*parts, return_exceptions=True)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[None]:
    """The desk, and without Redis the certainty that nobody else works on it."""
    async with AsyncExitStack() as stack:
        await desk.reachable(settings, PATIENCE_WITH_DATABASE)
        if settings.embedded:
            await stack.enter_async_context(desk.alone(settings))
        await stack.enter_async_context(desk.open(settings))
        await stack.enter_async_context(watchdog.watching())
        if settings.embedded:
            told = asyncio.create_task(poke.watch(settings), name="changes by commands")
            stack.callback(told.cancel)
        yield


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Run jobs and listeners until `stop`, beside web processes elsewhere."""
    async with opened(settings):
        ending = asyncio.Event()
        parts = [
            asyncio.create_task(jobs.run(ending), name="jobs"),
            asyncio.create_task(listening.run(ending, alone=settings.embedded), name="listeners"),
        ]
        try:
            await _until(stop, parts)
        finally:
            ending.set()
            await asyncio.gather(*parts, return_exceptions=True)


async def _until(stop: asyncio.Event, parts: list[asyncio.Task[None]]) -> None:
    """Return when asked to stop; a part that ended by itself ends the whole, with its error."""
    asked = asyncio.create_task(stop.wait())
    try:
        done, _ = await asyncio.wait([asked, *parts], return_when=asyncio.FIRST_COMPLETED)
        for task in done - {asked}:
            log.error("%s stopped by itself", task.get_name())
            task.result()
    finally:
        asked.cancel()

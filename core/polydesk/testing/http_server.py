"""The socket of a make-believe service: uvicorn on a port of this machine, inside this process."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Any

import uvicorn


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves one ASGI application; nothing of it stays, whenever it is closed."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    async def open(self, port: int = 0) -> int:
        """Listen (0: on a free port) and say where."""
        # The protocol is named because asyncio answers without delay only where it is.
        taken = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        where = int(taken.getsockname()[1])
        self._server = _Server(
            uvicorn.Config(
                self._app,
                interface="asgi3",
                log_config=None,
                lifespan="off",
                access_log=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._serving = asyncio.create_task(self._server.serve(sockets=[taken]))
        await self._started()
        return where

    async def close(self) -> None:
        """Finish what is being answered, for a second, and listen no more."""
        if self._server is not None and self._serving is not None:
            # Told to stop while it starts, uvicorn would leave its socket open.
            await self._started()
            self._server.should_exit = True
            await self._serving

    async def _started(self) -> None:
        assert self._server is not None
        assert self._serving is not None
        while not self._server.started and not self._serving.done():  # noqa: ASYNC110 uvicorn has no event for it
            await asyncio.sleep(0.005)

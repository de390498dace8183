"""What agents see change as it happens: signals that say *that* something changed, never what.

In one process signals pass through memory; with Redis they reach every process. After a break in the line every
listener gets a "resync", and refetches what it shows.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator, Callable, Collection

import msgspec
import redis.asyncio as redis_client
from redis.exceptions import RedisError

from polydesk import db

log = logging.getLogger("polydesk.live")
_CHANNEL = "polydesk:live"
_BACKLOG = 200
_RETRY_SECONDS = 1.0
_CONNECT_SECONDS = 2.0


class Signal(msgspec.Struct, frozen=True):
    """Something of `topic` changed: `id` names it, `client` owns it (0 concerns everyone)."""

    topic: str
    id: int = 0
    client: int = 0


RESYNC = Signal("resync")


class _Published(msgspec.Struct, frozen=True):
    """A signal on the line, with the process it comes from: that one has heard it already."""

    signal: Signal
    by: str


class _Hub:
    def __init__(self) -> None:
        self.queues: dict[asyncio.Queue[Signal], Collection[int] | None] = {}
        self.callbacks: dict[str, list[Callable[[Signal], object]]] = {}
        self.redis: redis_client.Redis | None = None
        self.line = _CHANNEL
        self.tasks: set[asyncio.Task[None]] = set()
        self.leaving: set[asyncio.Task[None]] = set()
        self.me = secrets.token_hex(8)
        self.connected = asyncio.Event()
        self.heard_nothing = False

    def deliver(self, signal: Signal) -> None:
        for callback in self.callbacks.get(signal.topic, ()):
            callback(signal)
        for queue, clients in self.queues.items():
            if signal.client and clients is not None and signal.client not in clients:
                continue
            if queue.qsize() >= _BACKLOG:
                while not queue.empty():
                    queue.get_nowait()
                queue.put_nowait(RESYNC)
            else:
                queue.put_nowait(signal)

    async def publish(self, signal: Signal) -> None:
        assert self.redis is not None
        try:
            await self.redis.publish(self.line, msgspec.json.encode(_Published(signal, self.me)))
        except (RedisError, OSError):
            # Other processes refetch when their own line comes back.
            log.warning("live signal not published: Redis is out of reach")

    async def relay(self) -> None:
        assert self.redis is not None
        while True:
            try:
                async with self.redis.pubsub() as pubsub:
                    await pubsub.subscribe(self.line)
                    if self.heard_nothing:
                        self.deliver(RESYNC)
                    self.heard_nothing = False
                    self.connected.set()
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            published = msgspec.json.decode(message["data"], type=_Published)
                            if published.by != self.me:
                                self.deliver(published.signal)
            except (RedisError, OSError, msgspec.DecodeError) as error:
                log.warning("live signals interrupted (%s), connecting again", error)
                self.heard_nothing = True
                await asyncio.sleep(_RETRY_SECONDS)


_hub = _Hub()


async def open(redis_url: str = "") -> None:
    """Start carrying signals: in memory, or through Redis when there is one."""
    _hub.queues.clear()
    # What caches remember is of another desk, or of before this process began.
    _hub.deliver(RESYNC)
    if redis_url:
        _hub.redis = redis_client.Redis.from_url(redis_url)
        # What is published reaches all of a server, whichever of its databases one is in: desks side by side differ.
        _hub.line = f"{_CHANNEL}:{_hub.redis.connection_pool.connection_kwargs.get('db', 0)}"
        _hub.connected = asyncio.Event()
        _hub.heard_nothing = False
        _hub.tasks.add(asyncio.create_task(_hub.relay(), name="live relay"))
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                await _hub.connected.wait()
        except TimeoutError:
            # The desk opens without Redis too; who listens meanwhile is told to look again once it is there.
            _hub.heard_nothing = True


async def close() -> None:
    """Stop carrying signals, once those under way have left: a command ends as soon as it has changed something."""
    if _hub.leaving:
        await asyncio.wait(_hub.leaving, timeout=_CONNECT_SECONDS)
    for task in list(_hub.tasks):
        task.cancel()
    for task in list(_hub.tasks):
        with contextlib.suppress(asyncio.CancelledError):
            await task
    _hub.tasks.clear()
    if _hub.redis is not None:
        await _hub.redis.aclose()
        _hub.redis = None


def signal(client: int, topic: str, id: int = 0) -> None:
    """Tell everyone who may see this client that something changed, once the transaction at hand has committed."""
    message = Signal(topic, id, client)

    def send() -> None:
        _hub.deliver(message)
        if _hub.redis is None:
            return
        task = asyncio.create_task(_hub.publish(message))
        _hub.leaving.add(task)
        task.add_done_callback(_hub.leaving.discard)

    db.on_commit(send)


def here(topic: str) -> None:
    """Tell this process alone, at once."""
    _hub.deliver(Signal(topic))


def on(topic: str, callback: Callable[[Signal], object]) -> None:
    """Call this in every process when a signal of the topic passes; for caches that must be dropped everywhere."""
    _hub.callbacks.setdefault(topic, []).append(callback)


def off(topic: str, callback: Callable[[Signal], object]) -> None:
    """No longer call this."""
    with contextlib.suppress(ValueError):
        _hub.callbacks.get(topic, []).remove(callback)


async def listen(clients: Collection[int] | None, stopping: asyncio.Event) -> AsyncIterator[Signal | None]:
    """Signals for someone who sees these clients (None: all); None every 15 s as a heartbeat; ends on `stopping`."""
    queue: asyncio.Queue[Signal] = asyncio.Queue()
    _hub.queues[queue] = clients
    stop = asyncio.create_task(stopping.wait())
    get = asyncio.create_task(queue.get())
    try:
        while not stop.done():
            done, _ = await asyncio.wait({get, stop}, timeout=15, return_when=asyncio.FIRST_COMPLETED)
            if get in done:
                yield get.result()
                get = asyncio.create_task(queue.get())
            elif stop not in done:
                yield None
    finally:
        stop.cancel()
        get.cancel()
        _hub.queues.pop(queue, None)

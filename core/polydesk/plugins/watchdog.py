"""A plugin that holds up the whole desk, or eats its memory, is named, broken off and left alone for a while.

A hook that waits (`await`) has a time budget; one that computes or sleeps without waiting stops everything, this
module's time budget included. So a thread watches whether the desk still moves. When it does not, the thread looks at
what runs just then: the file of a plugin in that stack is who it is. After some seconds a signal makes that very line
raise `Blocked`, so that `time.sleep(3600)` and `while True` end. C code that never lets go of the interpreter cannot be
broken off; `polydesk serve --safe-mode` is for that.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import FrameType

from polydesk import guarded
from polydesk.i18n import N_
from polydesk.plugins import health
from polydesk.plugins.finding import Plugin, registry
from polydesk.types import Text

log = logging.getLogger("polydesk.plugins")
NAME_AFTER = 1.0
BREAK_AFTER = 4.0
_LOOK = 0.25
_WINDOW = 40
_CORE = str(Path(__file__).parents[1])
_SIGNAL = signal.SIGUSR2
_at_work: dict[int, tuple[str, str]] = {}
_number = 0


class Blocked(Exception):
    """Raised inside a plugin that has held up the desk."""


@contextmanager
def at_work(plugin: str, hook: str) -> Iterator[None]:
    """Note that this hook of a plugin runs, for whoever asks what the memory went into."""
    global _number  # noqa: PLW0603 - one count per process
    _number += 1
    mine = _number
    _at_work[mine] = (plugin, hook)
    try:
        yield
    finally:
        _at_work.pop(mine, None)


def culprit(frame: FrameType | None) -> tuple[Plugin, str] | None:
    """The plugin whose code runs innermost, and where; None when it is core's (or nobody's) turn."""
    known = _homes()
    while frame is not None:
        path = frame.f_code.co_filename
        for home, plugin in known:
            if path == home or path.startswith(home + "/"):
                return plugin, f"{Path(path).name}:{frame.f_lineno}"
        if path.startswith(_CORE):
            return None
        frame = frame.f_back
    return None


def _homes() -> list[tuple[str, Plugin]]:
    """Where each plugin's code is: its package, or its one file."""
    found = []
    for plugin in registry().plugins.values():
        path = getattr(plugin.module, "__file__", None)
        if path:
            alone = "." not in plugin.module_name and not path.endswith("__init__.py")
            found.append((path if alone else str(Path(path).parent), plugin))
    # The longest first: one plugin may live within the folder of another.
    return sorted(found, key=lambda each: -len(each[0]))


class _Watchdog(threading.Thread):
    def __init__(self, loop: asyncio.AbstractEventLoop, main: int) -> None:
        super().__init__(name="plugin watchdog", daemon=True)
        self._loop, self._main = loop, main
        self._beaten = time.monotonic()
        self._named = False
        self._memory: deque[int] = deque(maxlen=_WINDOW)
        self.stopping = threading.Event()

    def beat(self) -> None:
        self._beaten, self._named = time.monotonic(), False
        if not self.stopping.is_set():
            self._loop.call_later(_LOOK, self.beat)

    def run(self) -> None:
        while not self.stopping.wait(_LOOK):
            late = time.monotonic() - self._beaten
            if late > NAME_AFTER + _LOOK:
                self._blocked(late)
            self._look_at_memory()

    def _blocked(self, late: float) -> None:
        found = culprit(sys._current_frames().get(self._main))
        if found is None:
            return
        plugin, where = found
        if not self._named:
            self._named = True
            words = Text(
                N_("It held up the whole desk for more than {seconds} s, at {where}. Slow work belongs in a job, and "
                   "waiting must be awaited."),
                {"seconds": f"{NAME_AFTER:g}", "where": where},
            )  # fmt: skip
            self._record(plugin.name, words)
        if late > BREAK_AFTER:
            signal.pthread_kill(self._main, _SIGNAL)

    def _look_at_memory(self) -> None:
        now = guarded.megabytes()
        self._memory.append(now)
        grown = now - min(self._memory)
        working = set(_at_work.values())
        if grown <= guarded.MOST_MEGABYTES or len({name for name, _hook in working}) != 1:
            return
        (name, _hook) = next(iter(working))
        self._memory.clear()
        self._record(
            name,
            Text(
                N_("While it worked, the desk's memory grew by {megabytes} MB; {limit} MB is the most."),
                {"megabytes": grown, "limit": guarded.MOST_MEGABYTES},
            ),
        )

    def _record(self, plugin: str, words: Text) -> None:
        hooks = {hook for name, hook in list(_at_work.values()) if name == plugin} or {"…"}
        for hook in hooks:
            health.rest(plugin, hook, words)
            self._loop.call_soon_threadsafe(self._write, plugin, hook, words)

    def _write(self, plugin: str, hook: str, words: Text) -> None:
        task = self._loop.create_task(health.failed(plugin, hook, words))
        _writing.add(task)
        task.add_done_callback(_writing.discard)


_writing: set[asyncio.Task[None]] = set()


def _break_off(_number: int, frame: FrameType | None) -> None:
    found = culprit(frame)
    if found is not None:
        raise Blocked(f"It held up the whole desk, at {found[1]}.")


@asynccontextmanager
async def watching() -> AsyncIterator[None]:
    """Watch this event loop while this lasts; breaking off works in the main thread alone, naming in any."""
    loop, here = asyncio.get_running_loop(), threading.current_thread()
    main = here is threading.main_thread()
    before = signal.signal(_SIGNAL, _break_off) if main else None
    dog = _Watchdog(loop, here.ident or 0)
    dog.beat()
    dog.start()
    try:
        yield
    finally:
        dog.stopping.set()
        dog.join(2)
        if main:
            signal.signal(_SIGNAL, before)

"""One living channel: takes in what happens to it, in order, and has its plan carried out act by act."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from polydesk import PolydeskError
from polydesk_voice.happenings import Any_
from polydesk_voice.plan import HangUp, Plan
from polydesk_voice.providers.ari import acting, names
from polydesk_voice.providers.ari.rest import Gone

if TYPE_CHECKING:
    from polydesk_voice.providers.ari.listening import Listener

log = logging.getLogger("polydesk.voice.ari")
T = TypeVar("T")
_TYPED_AHEAD = 20
_PAUSES = (0.2, 1.0, 3.0)
_THROWN_OUT = 0.3


class _Dropped(Exception):
    """Something else is wanted now."""


class Actor:
    """Whoever holds this receiver. What it is told waits in order; an act under way is dropped by what comes next."""

    def __init__(self, listener: Listener, channel: str) -> None:
        self.listener, self.channel = listener, channel
        self.digits: deque[str] = deque(maxlen=_TYPED_AHEAD)
        self.playing = ""
        self.music: str | None = None
        """What is played while waiting: "" is Asterisk's own, None nothing."""
        self.recording = ""
        self.messages = 0
        self.room = ""
        self.aside = ""
        """The whisperer's own bridge, beside the room."""
        self.leaving: list[str] = []
        """Bridges this channel was taken out of: when Asterisk says so, it is no news."""
        self.hushed: bool | None = False
        self.arrived = self.answered = False
        self.unsure = False
        """Somebody else has looked after it before: what they had it hear is not known."""
        self._played = 0
        self.over = False
        self._stirred, self._dropped = asyncio.Event(), False
        self._finished: set[str] = set()
        self._inbox: asyncio.Queue[Callable[[], object] | None] = asyncio.Queue()
        self._performing: asyncio.Task[None] | None = None
        self._task = asyncio.create_task(self._run(), name=f"channel {channel}")

    # --- what the listener tells

    def tell(self, happening: Any_, *, follow: bool = False) -> None:
        """Report something; with `follow`, go on with the plan that is the answer."""
        self._inbox.put_nowait(lambda: self._told(happening, follow))

    def turn(self, *, resuming: bool = False) -> None:
        """Go on with whatever plan is stored now."""
        self._inbox.put_nowait(lambda: self._turned(resuming))

    def end(self, happening: Any_) -> None:
        """The last there is to report."""
        self.over = True
        self._inbox.put_nowait(lambda: self._ended(happening))
        self._inbox.put_nowait(None)

    def pressed(self, digit: str) -> None:
        """A key; kept for whatever asks for one next."""
        if not self.room:
            self.digits.append(digit)
            self._stirred.set()

    def left(self, bridge: str, happening: Any_) -> None:
        """Out of a bridge: by our own doing, or thrown out of it; then the plan says what is next."""
        if bridge in self.leaving:
            self.leaving.remove(bridge)
            self.tell(happening)
        elif bridge in (self.room, self.aside):
            self.room = self.aside = ""
            self.tell(happening)
            # Mostly they have hung up, and that is about to be told.
            asyncio.get_running_loop().call_later(_THROWN_OUT, self._stay)
        else:
            self.tell(happening)

    def finished(self, what: str) -> None:
        """Something that was played or recorded has come to its end."""
        self._finished.add(what)
        self._stirred.set()

    async def stop(self) -> None:
        """Let go of the channel at once, without touching it: another process goes on with it."""
        tasks = [each for each in (self._task, self._performing) if each is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # --- what acts use

    async def until(self, what: Callable[[], T | None], seconds: float | None = None) -> T | None:
        """Wait until something holds, at most so many seconds of Asterisk's. Here an act is dropped, nowhere else:
        a command that was cut short might have been carried out or not.
        """
        try:
            async with asyncio.timeout(None if seconds is None else seconds / self.listener.pace):
                while True:
                    if self._dropped:
                        raise _Dropped()
                    if (found := what()) is not None:
                        return found
                    self._stirred.clear()
                    await self._stirred.wait()
        except TimeoutError:
            return None

    def has_finished(self, what: str) -> bool | None:
        """For `until`: true once."""
        if what not in self._finished:
            return None
        self._finished.discard(what)
        return True

    def new_name(self) -> str:
        """For something that is played: one of a few, so that whoever takes over knows what to stop."""
        self._played += 1
        return names.playbacks(self.channel)[self._played % names.PLAYBACKS]

    # --- inside

    def _stay(self) -> None:
        if not self.over and not self.room:
            self.turn()

    async def _run(self) -> None:
        while (step := await self._inbox.get()) is not None:
            try:
                await step()  # type: ignore[misc]
            except Exception:
                log.exception("channel %s: what happened could not be taken in", self.channel)
                await self._give_up()
        self.listener.forget(self)

    async def _told(self, happening: Any_, follow: bool) -> None:
        plan = await self._report(happening)
        if follow:
            await self._follow(plan)

    async def _turned(self, resuming: bool) -> None:
        await self._follow(await self.listener.plan_of(self.channel), resuming=resuming)

    async def _ended(self, happening: Any_) -> None:
        await self._drop()
        await self._report(happening)

    async def _report(self, happening: Any_) -> Plan:
        """Asked again if that fails: the caller hears nothing worse than a pause."""
        for pause in _PAUSES:
            try:
                return await self.listener.happened(happening)
            except Exception as error:
                log.warning("channel %s: %s was not taken in (%s)", self.channel, type(happening).__name__, error)
                await asyncio.sleep(pause)
        return await self.listener.happened(happening)

    async def _follow(self, plan: Plan, *, resuming: bool = False) -> None:
        await self._drop()
        if not self.over:
            self._performing = asyncio.create_task(self._perform(plan, resuming), name=f"plan of {self.channel}")

    async def _perform(self, plan: Plan, resuming: bool) -> None:
        for pause in (*_PAUSES, None):
            try:
                outcome = await acting.perform(self, plan, resuming=resuming)
            except _Dropped:
                return
            except Gone as error:
                log.debug("channel %s: %s", self.channel, error)
                return
            except PolydeskError as error:
                log.warning("channel %s: %s", self.channel, error)
                if pause is None:
                    await self._give_up()
                    return
                with contextlib.suppress(_Dropped):
                    await self.until(lambda: None, pause * self.listener.pace)
                if self._dropped:
                    return
                resuming = True
            except Exception:
                log.exception("channel %s: its plan cannot be carried out", self.channel)
                await self._give_up()
                return
            else:
                if outcome is not None:
                    self.tell(outcome, follow=True)
                return

    async def _drop(self) -> None:
        """End the act under way."""
        if self._performing is not None:
            self._dropped = True
            self._stirred.set()
            await self._performing
            self._performing, self._dropped = None, False

    async def _give_up(self) -> None:
        """Nobody is left with silence for ever."""
        with contextlib.suppress(PolydeskError):
            await acting.perform(self, (HangUp(),))

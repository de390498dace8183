"""Fetches a mailbox for good: what is stored is never asked for again, what is not stored is never skipped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from imapclient.exceptions import IMAPClientError

from polydesk import Door, PolydeskError
from polydesk_email.explain import explain
from polydesk_email.imap import Mailbox
from polydesk_email.oauth import OAuthError
from polydesk_email.settings import MailSettings

log = logging.getLogger("polydesk.email")
P = ParamSpec("P")
T = TypeVar("T")
_IDLE_SECONDS = 120.0
"""How long one IDLE lasts before the folder is looked at anyway: some servers and routers drop it silently."""
_LOOK_AHEAD = 200
_MOST_UNSETTLED = 1_000


async def listen(door: Door) -> None:
    """Connect, take what is new, wait, and again, until cancelled or the line breaks."""
    settings: MailSettings = door.account.settings
    if not settings.imap_host:
        return
    mailbox = Mailbox(settings)
    thread = ThreadPoolExecutor(1, thread_name_prefix="imap")
    finished = False
    try:
        await _Listener(door, mailbox, thread).run()
        finished = True
    except OAuthError as error:
        raise PolydeskError(error.advice) from error
    except (IMAPClientError, OSError) as error:
        raise PolydeskError(explain(error, settings.imap_host, settings.imap_port)) from error
    finally:
        # The thread may be waiting for the server: cutting the line wakes it, then it frees the socket itself.
        if not finished:
            mailbox.abort()
        thread.submit(mailbox.drop)
        thread.shutdown(wait=False)


class _Listener:
    def __init__(self, door: Door, mailbox: Mailbox, thread: ThreadPoolExecutor) -> None:
        self.door, self.mailbox, self.thread = door, mailbox, thread
        self.settings: MailSettings = door.account.settings
        self.last = 0
        self.unsettled: list[int] = []

    async def run(self) -> None:
        await self._call(self.mailbox.open)
        await self._resume()
        while True:
            await self._take_new()
            await self._settle()
            await self.door.healthy()
            if self.mailbox.can_idle():
                await self._call(self.mailbox.wait, _IDLE_SECONDS)
            else:
                await asyncio.sleep(self.settings.poll_seconds)

    async def _resume(self) -> None:
        """Where to go on. A new UIDVALIDITY makes every number void: all is offered again and counted once."""
        cursor = await self.door.cursor()
        same = (cursor.get("folder"), cursor.get("uidvalidity")) == (self.settings.folder, self.mailbox.uidvalidity)
        if same:
            self.last = int(cursor["uid"])
            self.unsettled = [int(uid) for uid in cursor.get("unsettled", [])]
        elif not cursor and self.settings.start_with == "new":
            self.last = self.mailbox.next_uid - 1
            await self.door.accept([], self._cursor())
        elif cursor:
            log.warning("mailbox %s: the server numbered its mail anew, reading it again", self.door.account.name)

    async def _take_new(self) -> None:
        """Store everything new. The cursor moves with each batch, in the batch's own transaction."""
        while uids := await self._call(self.mailbox.uids_after, self.last):
            for start in range(0, len(uids), _LOOK_AHEAD):
                chunk = uids[start : start + _LOOK_AHEAD]
                for batch in await self._call(self.mailbox.batches, chunk):
                    arrivals = await self._call(self.mailbox.fetch, batch)
                    self.last = batch[-1][0]
                    if self.settings.after_fetch != "leave":
                        self.unsettled = (self.unsettled + [uid for uid, _ in batch])[-_MOST_UNSETTLED:]
                    await self.door.accept(arrivals, self._cursor())
                self.last = max(self.last, chunk[-1])

    async def _settle(self) -> None:
        """Only what is stored is marked or moved; the cursor remembers what was not, should this be cut short."""
        await self._call(self.mailbox.settle, self.unsettled)
        self.unsettled = []

    def _cursor(self) -> dict[str, Any]:
        return {
            "folder": self.settings.folder,
            "uidvalidity": self.mailbox.uidvalidity,
            "uid": self.last,
            "unsettled": list(self.unsettled),
        }

    async def _call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, lambda: function(*args, **kwargs))

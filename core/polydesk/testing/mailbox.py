"""A make-believe mailbox on two ports of this machine: read by IMAP, answered by SMTP, without TLS.

It speaks as much of IMAP4rev1 (RFC 3501, with IDLE of RFC 2177) as a program needs that reads one folder. It is for
`polydesk simulate`; what must hold against real servers is tested with those in `mail_servers`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from polydesk.demo import smtp

_COMMAND = re.compile(rb"(\S+) (UID )?([A-Z]+)(?: (.*))?", re.IGNORECASE)
_PART = re.compile(rb"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?", re.IGNORECASE)
_EPOCH = datetime(2025, 1, 1, tzinfo=UTC)
_PASSWORD = "polydesk-mailbox"


@dataclass
class _Stored:
    raw: bytes
    arrived: datetime


@dataclass
class Mailbox:
    """One address with one folder. Mails are never removed; their numbers go on where an earlier mailbox left off."""

    address: str
    password: str = _PASSWORD
    mails: list[_Stored] = field(default_factory=list)
    outbox: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    """What was sent through it, raw."""
    imap_port: int = 0
    smtp_port: int = 0

    last_given: ClassVar[int] = 0
    """Of all mailboxes there were in this process."""

    def __post_init__(self) -> None:
        # Numbered by the clock, in tenths of a second (32 bits last until 2038): one that is opened later, with other
        # mails, does not give a number again.
        self.first = max(int((datetime.now(UTC) - _EPOCH).total_seconds() * 10), Mailbox.last_given + 1)
        self._changed = asyncio.Condition()
        self._reading: asyncio.Server | None = None
        self._sending: smtp.Server | None = None
        self._lines: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Open both ports."""
        self._reading = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self._sending = await smtp.open_server(0, self.outbox.put)
        self.imap_port, self.smtp_port = self._reading.sockets[0].getsockname()[1], self._sending.port

    async def stop(self) -> None:
        """Close them, and the lines of who is still reading."""
        if self._sending is not None:
            self._sending.close()
        if self._reading is not None:
            self._reading.close()
        for line in list(self._lines):
            line.transport.abort()

    async def deliver(self, mail: bytes) -> None:
        """Put a mail into the folder; whoever waits for one is told."""
        async with self._changed:
            self.mails.append(_Stored(mail, datetime.now(UTC)))
            Mailbox.last_given = max(Mailbox.last_given, self.first + len(self.mails) - 1)
            self._changed.notify_all()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._lines.add(writer)
        try:
            # ValueError: a line without end.
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ValueError):
                await _Line(self, reader, writer).talk()
        finally:
            self._lines.discard(writer)
            writer.close()

    async def more_than(self, count: int) -> None:
        """Until there are more mails than so many."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.mails) > count)


class _Line:
    """One client. `told` is how many mails it knows of."""

    def __init__(self, box: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.box, self.reader, self.writer = box, reader, writer
        self.told = 0
        self.known = self.opened = False
        self._verbs: dict[str, Callable[[bytes], Awaitable[str]]] = {
            "CAPABILITY": self._capability,
            "LOGIN": self._login,
            "NOOP": self._noop,
            "SELECT": self._select,
            "EXAMINE": self._examine,
            "SEARCH": self._search,
            "FETCH": self._fetch,
            "STORE": self._noop,
            "CLOSE": self._noop,
        }

    async def talk(self) -> None:
        """Until they leave."""
        await self._say(b"* OK [CAPABILITY IMAP4rev1 IDLE] a make-believe mailbox")
        while line := await self.reader.readline():
            found = _COMMAND.fullmatch(line.strip())
            if found is None:
                await self._say(b"* BAD what was that?")
                continue
            tag, verb, rest = found[1], found[3].decode().upper(), found[4] or b""
            if verb == "LOGOUT":
                await self._say(b"* BYE goodbye")
                await self._say(tag + b" OK done")
                return
            if verb == "IDLE" and self.opened:
                await self._idle(tag)
            else:
                try:
                    said = await self._obey(verb, rest)
                except ValueError:
                    said = "BAD these are no numbers"
                await self._say(tag + b" " + said.encode())

    async def _obey(self, verb: str, rest: bytes) -> str:
        act = self._verbs.get(verb)
        if act is None:
            return f"NO {verb} is not done here"
        if verb in ("SELECT", "EXAMINE") and not self.known:
            return "NO sign in first"
        if verb in ("SEARCH", "FETCH", "STORE", "CLOSE") and not self.opened:
            return "BAD open a folder first"
        return await act(rest)

    async def _capability(self, _rest: bytes) -> str:
        await self._say(b"* CAPABILITY IMAP4rev1 IDLE")
        return "OK done"

    async def _login(self, rest: bytes) -> str:
        words = [word.strip('"') for word in rest.decode("utf-8", "replace").split()]
        self.known = words == [self.box.address, self.box.password]
        return "OK welcome" if self.known else "NO [AUTHENTICATIONFAILED] wrong user name or password"

    async def _noop(self, _rest: bytes) -> str:
        await self._tell()
        return "OK done"

    async def _select(self, rest: bytes) -> str:
        if rest.strip(b'"').upper() != b"INBOX":
            return "NO there is only INBOX"
        self.opened, self.told = True, -1
        await self._say(rb"* FLAGS (\Seen \Answered \Flagged \Deleted)")
        await self._tell()
        await self._say(b"* OK [UIDVALIDITY 1] so they are numbered")
        await self._say(f"* OK [UIDNEXT {self.box.first + len(self.box.mails)}] the next".encode())
        return "OK [READ-WRITE] open"

    async def _examine(self, rest: bytes) -> str:
        return (await self._select(rest)).replace("READ-WRITE", "READ-ONLY")

    async def _search(self, rest: bytes) -> str:
        # The one question asked here: UID n:*, of which the last mail is always part.
        asked = re.search(rb"UID (\d+):\*", rest)
        if asked is None:
            return "NO only UID n:* is searched for here"
        last = self.box.first + len(self.box.mails) - 1
        numbers = range(max(self.box.first, min(int(asked[1]), last)), last + 1)
        await self._say(" ".join(["* SEARCH", *map(str, numbers)]).encode())
        await self._tell()
        return "OK done"

    async def _fetch(self, rest: bytes) -> str:
        named, _, wanted = rest.partition(b" ")
        for uid in _numbers(named.decode(), self.box.first, self.box.first + len(self.box.mails) - 1):
            place = uid - self.box.first
            mail = self.box.mails[place]
            answer = [f"UID {uid}".encode()]
            if b"RFC822.SIZE" in wanted:
                answer.append(f"RFC822.SIZE {len(mail.raw)}".encode())
            if b"INTERNALDATE" in wanted:
                answer.append(mail.arrived.strftime('INTERNALDATE "%d-%b-%Y %H:%M:%S +0000"').encode())
            if part := _PART.search(wanted):
                start, length = (int(part[1]), int(part[2])) if part[1] else (0, len(mail.raw))
                data = mail.raw[start : start + length]
                name = f"BODY[]<{start}>" if part[1] else "BODY[]"
                answer.append(f"{name} {{{len(data)}}}\r\n".encode() + data)
            await self._say(f"* {place + 1} FETCH (".encode() + b" ".join(answer) + b")")
        return "OK done"

    async def _idle(self, tag: bytes) -> None:
        await self._say(b"+ idling")
        await self._tell()
        done = asyncio.ensure_future(self.reader.readline())
        try:
            while not done.done():
                more = asyncio.ensure_future(self.box.more_than(self.told))
                try:
                    await asyncio.wait({done, more}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    more.cancel()
                if not done.done():
                    await self._tell()
        finally:
            done.cancel()
        if done.result():
            await self._tell()
            await self._say(tag + b" OK done")

    async def _tell(self) -> None:
        if self.opened and self.told != len(self.box.mails):
            self.told = len(self.box.mails)
            await self._say(f"* {self.told} EXISTS".encode())

    async def _say(self, line: bytes) -> None:
        if self.writer.is_closing():
            raise ConnectionResetError
        self.writer.write(line + b"\r\n")
        await self.writer.drain()


def _numbers(named: str, lowest: int, last: int) -> list[int]:
    """Those of "1,3:5,7:*" that exist; `ValueError` when that is not what it says."""
    found: set[int] = set()
    for part in named.split(","):
        first, _, until = part.partition(":")
        ends = sorted(last if each == "*" else int(each) for each in (first, until or first))
        found.update(range(max(lowest, ends[0]), min(last, ends[1]) + 1))
    return sorted(found)

"""Real mail servers for this folder's tests, and a door that keeps what comes through it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from imapclient import IMAPClient

from polydesk import secrets
from polydesk.testing import mail_servers
from polydesk.testing.mail_servers import PASSWORD, MailServers
from polydesk.types import Account, Arrival, Message, Parsed
from polydesk_email.channel import EmailChannel
from polydesk_email.parse import parse
from polydesk_email.settings import MailSettings

USERS = ("support", "nino", "dato", *(f"box{number}" for number in range(100)))


@pytest.fixture(autouse=True)
def keys() -> None:
    secrets.open(["a key for tests"])


@pytest.fixture(scope="session")
def servers() -> Iterator[MailServers]:
    if lacking := mail_servers.missing():
        if os.environ.get("CI") == "true":
            raise mail_servers.Missing(f"not installed: {', '.join(lacking)}")
        pytest.skip(f"real mail servers are not installed: {', '.join(lacking)}")
    with mail_servers.running(*USERS) as running:
        yield running


@pytest.fixture
def account() -> Account:
    """An account for parsing alone."""
    return account_for(MailSettings(address="support@polydesk.test", sender_name="Support"))


def account_for(settings: MailSettings) -> Account:
    return Account(id=1, client=1, channel="email", name="Support", address=settings.address, settings=settings)


_taken: list[str] = []


@pytest.fixture
def mailbox(servers: MailServers) -> Callable[..., Account]:
    """A mailbox nobody used before, with settings that reach the running servers; arguments change settings."""

    def make(**changes: Any) -> Account:
        user = f"box{len(_taken)}"
        _taken.append(user)
        values: dict[str, Any] = {
            "address": servers.address(user),
            "sender_name": "Support",
            "imap_host": "localhost",
            "imap_port": servers.imaps,
            "imap_security": "tls",
            "imap_user": servers.address(user),
            "imap_password": PASSWORD,
            "smtp_host": "localhost",
            "smtp_port": servers.smtp,
            "smtp_security": "starttls",
            "smtp_user": servers.address(user),
            "smtp_password": PASSWORD,
            "trusted_certificate": servers.certificate,
        }
        return account_for(MailSettings(**{**values, **changes}))

    return make


class KeepingDoor:
    """Counts each delivery once, as the core does, and lets a test wait for what it expects."""

    def __init__(self, account: Account) -> None:
        self.account = account
        self.arrivals: dict[str, Arrival] = {}
        self.saved: dict[str, Any] = {}
        self.health = 0
        self._changed = asyncio.Condition()

    async def accept(self, arrivals: Sequence[Arrival], cursor: dict[str, Any] | None = None) -> int:
        new = [one for one in arrivals if one.external_id not in self.arrivals]
        async with self._changed:
            self.arrivals |= {one.external_id: one for one in new}
            if cursor is not None:
                self.saved = cursor
            self._changed.notify_all()
        return len(new)

    async def cursor(self) -> dict[str, Any]:
        return dict(self.saved)

    async def healthy(self) -> None:
        async with self._changed:
            self.health += 1
            self._changed.notify_all()

    async def until(self, met: Callable[[KeepingDoor], bool], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds), self._changed:
            await self._changed.wait_for(lambda: met(self))

    def messages(self) -> list[Message]:
        made: list[Parsed] = [parse(one, self.account) for one in self.arrivals.values()]
        return [one for one in made if isinstance(one, Message)]


@pytest.fixture
def listening() -> Callable[[Account], Any]:
    """`async with listening(account) as door`: the channel's own listener runs until the block ends."""

    @asynccontextmanager
    async def run(account: Account, door: KeepingDoor | None = None) -> AsyncIterator[KeepingDoor]:
        door = door or KeepingDoor(account)
        task = asyncio.create_task(EmailChannel().listen(door))
        before = door.health
        waiting = asyncio.create_task(door.until(lambda it: it.health > before))
        await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            waiting.cancel()
            await task
        try:
            yield door
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return run


@pytest.fixture
def door_for() -> Callable[[Account], KeepingDoor]:
    return KeepingDoor


async def _received(servers: MailServers, address: str, count: int = 1) -> list[bytes]:
    """The raw mails of a mailbox, once there are so many: the server says when."""

    def look() -> list[bytes]:
        with IMAPClient("127.0.0.1", servers.imap, ssl=False) as client:
            client.login(address, PASSWORD)
            for _ in range(40):
                client.select_folder("INBOX", readonly=True)
                uids = client.search()
                if len(uids) >= count:
                    found = client.fetch(uids, ["BODY.PEEK[]"])
                    return [found[uid][b"BODY[]"] for uid in sorted(uids)]
                client.idle()
                client.idle_check(timeout=1)
                client.idle_done()
        raise AssertionError(f"{address} did not get {count} mails")

    return await asyncio.to_thread(look)


def _read(raw: bytes, account: Account) -> Parsed:
    return parse(Arrival(external_id="x", raw=raw), account)


def _as_message(raw: bytes, account: Account) -> Message:
    parsed = _read(raw, account)
    assert isinstance(parsed, Message)
    return parsed


@pytest.fixture
def received() -> Callable[..., Any]:
    """`await received(servers, address, count)`: the raw mails of a mailbox, once they are there."""
    return _received


@pytest.fixture
def read() -> Callable[[bytes, Account], Parsed]:
    return _read


@pytest.fixture
def readable() -> Callable[[bytes, Account], Message]:
    """The message that raw mail is."""
    return _as_message


@pytest.fixture
def put() -> Callable[..., None]:
    """`put(servers, account, raw, …)`: lay mail into a mailbox, bytes as they are."""

    def go(servers: MailServers, account: Account, *raws: bytes) -> None:
        with IMAPClient("127.0.0.1", servers.imap, ssl=False) as client:
            client.login(account.address, PASSWORD)
            for raw in raws:
                client.append("INBOX", raw)

    return go


async def swaks(servers: MailServers, sender: str, recipient: str, *more: str) -> None:
    """Send a mail with the swiss army knife of SMTP."""
    process = await asyncio.create_subprocess_exec(
        "swaks",
        "--server",
        "127.0.0.1",
        "--port",
        str(servers.smtp),
        "--from",
        sender,
        "--to",
        recipient,
        *more,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode == 0, out.decode()


@pytest.fixture
def send(servers: MailServers) -> Callable[..., Any]:
    """`await send(sender, recipient, "--header", …)` by swaks."""

    async def go(sender: str, recipient: str, *more: str) -> None:
        await swaks(servers, sender, recipient, *more)

    return go

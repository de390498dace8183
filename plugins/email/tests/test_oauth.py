"""Signing in by token at a real Dovecot and a real Exim; the provider that gives tokens is played here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest

from polydesk import PolydeskError
from polydesk.testing.mail_servers import TOKEN, MailServers
from polydesk.types import Account
from polydesk_email import oauth
from polydesk_email.channel import EmailChannel


class Provider:
    """Gives `TOKEN` for the right refresh token, and tells Dovecot whose it is."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.user = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in asked.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        body = (await reader.readexactly(length)).decode()
        status, answer = "200 OK", self.answer(asked.split(b" ")[1].decode(), body, TOKEN.encode() in asked)
        if "error" in answer:
            status = "400 Bad Request"
        data = json.dumps(answer).encode()
        head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(data)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n".encode() + data)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def answer(self, path: str, body: str, known: bool) -> dict[str, Any]:
        if path.startswith("/whose"):
            return {"active": "yes" if known else "no", "email": self.user}
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self.forms.append(form)
        if form.get("refresh_token") == "withdrawn":
            return {"error": "invalid_grant", "error_description": "long and technical"}
        token = "stale" if form.get("refresh_token") == "stale" else TOKEN
        return {"access_token": token, "expires_in": 3600}


@pytest.fixture
def provider(servers: MailServers) -> Callable[[], Any]:
    @asynccontextmanager
    async def run() -> AsyncIterator[Provider]:
        played = Provider()
        server = await asyncio.start_server(played.serve, "127.0.0.1", servers.tokens)
        async with server:
            yield played

    return run


def with_token(servers: MailServers, mailbox: Callable[..., Account], refresh_token: str) -> Account:
    return mailbox(
        sign_in="oauth",
        imap_password="",
        smtp_password="",
        oauth_token_url=f"http://127.0.0.1:{servers.tokens}/token",
        oauth_client_id=f"client of {refresh_token}",
        oauth_client_secret="hush",
        oauth_refresh_token=refresh_token,
    )


async def test_mail_by_token(
    servers: MailServers, mailbox: Callable[..., Account], provider: Any, listening: Any, send: Any
) -> None:
    account = with_token(servers, mailbox, "mine")
    async with provider() as played:
        played.user = account.address
        async with listening(account) as door:
            await send("nino@polydesk.test", account.address)
            await door.until(lambda it: len(it.arrivals) == 1)
        results = await EmailChannel().check(account.settings)
        assert [result.ok for result in results] == [True] * 8, results
        assert played.forms == [
            {
                "client_id": "client of mine",
                "client_secret": "hush",
                "grant_type": "refresh_token",
                "refresh_token": "mine",
            }
        ], "one token serves them all"


async def test_the_applications_own_right(servers: MailServers, mailbox: Callable[..., Account], provider: Any) -> None:
    account = with_token(servers, mailbox, "")
    async with provider() as played:
        assert await asyncio.to_thread(oauth.access_token, account.settings) == TOKEN
        assert played.forms[0]["grant_type"] == "client_credentials"


async def test_a_withdrawn_permission_in_plain_words(
    servers: MailServers, mailbox: Callable[..., Account], provider: Any, listening: Any
) -> None:
    account = with_token(servers, mailbox, "withdrawn")
    async with provider():
        with pytest.raises(PolydeskError, match="must be given again"):
            async with listening(account):
                pass
        failed = [result for result in await EmailChannel().check(account.settings) if not result.ok]
        assert ["must be given again" in str(result.advice) for result in failed] == [True, True]


async def test_a_stale_token_is_fetched_anew(
    servers: MailServers, mailbox: Callable[..., Account], provider: Any, listening: Any
) -> None:
    account = with_token(servers, mailbox, "stale")
    async with provider() as played:
        for _ in range(2):
            with pytest.raises(PolydeskError, match="did not accept"):
                async with listening(account):
                    pass
        assert len(played.forms) == 2


async def test_no_provider_or_no_safe_one(servers: MailServers, mailbox: Callable[..., Account]) -> None:
    account = with_token(servers, mailbox, "nobody")
    with pytest.raises(oauth.OAuthError, match="could not be asked"):
        await asyncio.to_thread(oauth.access_token, account.settings)
    account.settings.oauth_token_url = "http://tokens.example.com/token"
    with pytest.raises(oauth.OAuthError, match="https"):
        await asyncio.to_thread(oauth.access_token, account.settings)

"""One IMAP connection, plain and blocking: it lives in a thread of its own, see `listener`."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

from polydesk.types import Arrival
from polydesk_email import oauth, tls
from polydesk_email.settings import MailSettings

_TIMEOUT = SocketTimeout(connect=20.0, read=120.0)
_BEGINNING = 1_000_000
"""Bytes fetched of a mail that is too large to fetch whole."""
_BATCH_MAILS = 20
_MOST_IN_VAIN = 3
"""How often in a row to look at once for mail that was told of; a server that always tells would never let us rest."""
_BATCH_BYTES = 8_000_000


class Mailbox:
    """A signed-in connection with the folder opened."""

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings
        self.uidvalidity = 0
        self.next_uid = 1
        self._client: IMAPClient | None = None
        self._in_vain = 0

    @property
    def client(self) -> IMAPClient:
        """The connection; opened by `connect`."""
        assert self._client is not None
        return self._client

    # --- Opening and closing ----------------------------------------------------------------------------------------

    def connect(self) -> None:
        """Reach the server and secure the line."""
        wanted = self.settings
        context = tls.context(wanted.trusted_certificate) if wanted.imap_security != "none" else None
        implicit = wanted.imap_security == "tls"
        self._client = IMAPClient(
            wanted.imap_host,
            wanted.imap_port,
            ssl=implicit,
            ssl_context=context if implicit else None,
            timeout=_TIMEOUT,
        )
        self.client.normalise_times = False
        if wanted.imap_security == "starttls":
            self.client.starttls(context)

    def sign_in(self) -> None:
        """Give user name and password, or token."""
        if self.settings.sign_in == "password":
            self.client.login(self.settings.imap_user, self.settings.imap_password)
            return
        token = oauth.access_token(self.settings)
        try:
            self.client.oauth2_login(self.settings.imap_user, token)
        except IMAPClientAbortError:
            raise
        except IMAPClientError:
            oauth.forget(self.settings)
            raise

    def open_folder(self) -> None:
        """Open the folder; only for reading when mail is to be left as it is."""
        found = self.client.select_folder(self.settings.folder, readonly=self.settings.after_fetch == "leave")
        self.uidvalidity = int(found.get(b"UIDVALIDITY", 0))
        self.next_uid = int(found.get(b"UIDNEXT", 1))

    def open(self) -> None:
        """All three."""
        self.connect()
        self.sign_in()
        self.open_folder()

    def close(self) -> None:
        """Sign out politely."""
        if self._client is not None:
            with contextlib.suppress(IMAPClientError, OSError):
                self._client.logout()

    def abort(self) -> None:
        """Cut the line, from any thread: whatever waits on it returns at once with an error."""
        if self._client is not None:
            with contextlib.suppress(OSError, AttributeError):
                self._client.socket().shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        """Free the socket after the line was cut."""
        if self._client is not None:
            with contextlib.suppress(IMAPClientError, OSError, AttributeError):
                self._client.shutdown()

    # --- Reading ----------------------------------------------------------------------------------------------------

    def uids_after(self, last: int) -> list[int]:
        """New UIDs in order. `n:*` always names the highest mail, even one below n: that one is filtered out."""
        self._told_of_mail()
        found = self.client.search(["UID", f"{last + 1}:*"])
        return sorted(uid for uid in found if uid > last)

    def batches(self, uids: Sequence[int]) -> list[list[tuple[int, int]]]:
        """`(uid, size)` in groups small enough to hold in memory; mails gone meanwhile are left out."""
        self._in_vain = 0
        sizes = self.client.fetch(uids, ["RFC822.SIZE"])
        groups: list[list[tuple[int, int]]] = []
        total = 0
        for uid in uids:
            if uid not in sizes:
                continue
            size = int(sizes[uid].get(b"RFC822.SIZE", 0))
            if not groups or len(groups[-1]) >= _BATCH_MAILS or total + size > _BATCH_BYTES:
                groups.append([])
                total = 0
            groups[-1].append((uid, size))
            total += size
        return groups

    def fetch(self, batch: Sequence[tuple[int, int]]) -> list[Arrival]:
        """The mails of a batch. One that the server cannot hand over is still an arrival, with its words."""
        limit = self.settings.max_megabytes * 1_000_000
        whole = [uid for uid, size in batch if size <= limit]
        try:
            found = self.client.fetch(whole, ["INTERNALDATE", "BODY.PEEK[]"]) if whole else {}
        except IMAPClientAbortError:
            raise
        except IMAPClientError as error:
            if len(batch) == 1:
                return [self._arrival(batch[0][0], b"", {"unfetchable": str(error)[:300]})]
            return [arrival for one in batch for arrival in self.fetch([one])]
        arrivals = []
        for uid, size in batch:
            if size > limit:
                arrivals.append(self._beginning(uid, size))
            elif uid in found and found[uid].get(b"BODY[]") is not None:
                arrivals.append(self._arrival(uid, found[uid][b"BODY[]"], _received(found[uid])))
        return arrivals

    def _beginning(self, uid: int, size: int) -> Arrival:
        found = self.client.fetch([uid], ["INTERNALDATE", f"BODY.PEEK[]<0.{_BEGINNING}>"]).get(uid, {})
        raw = found.get(b"BODY[]<0>", b"")
        return self._arrival(uid, raw, {"oversize": size, **_received(found)})

    def _arrival(self, uid: int, raw: bytes, hints: dict[str, Any]) -> Arrival:
        return Arrival(external_id=f"{self.settings.folder}:{self.uidvalidity}:{uid}", raw=raw, hints=hints)

    # --- Waiting and clearing up ------------------------------------------------------------------------------------

    def can_idle(self) -> bool:
        """Does the server tell of new mail by itself?"""
        return self.settings.idle and bool(self.client.has_capability("IDLE"))

    def wait(self, seconds: float) -> None:
        """Until the server says that something changed, at most so long.

        Mail that comes while a search or a store runs is told of in the answer to that, and not again in IDLE; mail
        that comes just before IDLE is told of in one breath with the leave to idle, where `idle_check` never looks.
        """
        if self._told_of_mail() and self._in_vain < _MOST_IN_VAIN:
            self._in_vain += 1
            return
        self._in_vain = 0
        self.client.idle()
        if not self._said_already():
            self.client.idle_check(timeout=seconds)
        self.client.idle_done()

    def _said_already(self) -> bool:
        """Has the server said more than was read? What is buffered does not make the socket readable."""
        line = self.client.socket()
        timeout = line.gettimeout()
        line.setblocking(False)
        try:
            return bool(self.client._imap.file.peek(1))
        except OSError:
            return False  # nothing yet
        finally:
            line.settimeout(timeout)

    def _told_of_mail(self) -> bool:
        """Has any answer since the last time this was asked said how many mails there are?"""
        _kind, told = self.client._imap.response("EXISTS")
        return any(told)

    def settle(self, uids: Sequence[int]) -> None:
        """Do with stored mails what the admin chose. Doing it again does no harm."""
        if not uids or self.settings.after_fetch == "leave":
            return
        if self.settings.after_fetch == "seen":
            self.client.add_flags(uids, [b"\\Seen"], silent=True)
            return
        target = self.settings.move_to or "Polydesk"
        if not self.client.folder_exists(target):
            self.client.create_folder(target)
        if self.client.has_capability("MOVE"):
            self.client.move(uids, target)
        else:
            self.client.copy(uids, target)
            self.client.delete_messages(uids, silent=True)
            self.client.expunge(uids if self.client.has_capability("UIDPLUS") else None)


def _received(found: dict[bytes, Any]) -> dict[str, Any]:
    when = found.get(b"INTERNALDATE")
    return {"received_at": when.astimezone(UTC).isoformat()} if isinstance(when, datetime) else {}


__all__ = ["LoginError", "Mailbox"]

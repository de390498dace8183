"""Files behind a small interface: named by the SHA-256 of their bytes, on disk before anyone is told."""

from __future__ import annotations

import asyncio
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import Protocol

from polydesk.errors import NotFound
from polydesk.i18n import N_
from polydesk.types import Text


class Store(Protocol):
    """What a place for files must do. Keys are 64 hex digits; the same bytes have the same key and are kept once."""

    async def put(self, data: bytes) -> str:
        """Keep the bytes durably and return their key."""

    async def get(self, key: str) -> bytes:
        """The bytes, or `NotFound`."""

    async def size(self, key: str) -> int:
        """How many bytes there are, or `NotFound`."""

    async def part(self, key: str, start: int, length: int) -> bytes:
        """At most `length` of the bytes from `start` on, or `NotFound`."""

    async def delete(self, key: str, untouched: float) -> bool:
        """Remove the bytes unless they were put, also once more, in the last `untouched` seconds: whoever put them may
        not have written down the key yet. True when they are gone."""


class DiskStore:
    """Files in a folder, two levels deep. A file is complete and synced before it gets its name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        """Where a key's file is, whether or not it exists."""
        return self.folder / key[:2] / key[2:4] / key

    async def put(self, data: bytes) -> str:
        """See `Store.put`."""
        return await asyncio.to_thread(self._put, data)

    async def get(self, key: str) -> bytes:
        """See `Store.get`."""
        try:
            return await asyncio.to_thread(self.path(key).read_bytes)
        except FileNotFoundError:
            raise _missing(key) from None

    async def size(self, key: str) -> int:
        """See `Store.size`."""
        try:
            return (await asyncio.to_thread(self.path(key).stat)).st_size
        except FileNotFoundError:
            raise _missing(key) from None

    async def part(self, key: str, start: int, length: int) -> bytes:
        """See `Store.part`."""

        def read() -> bytes:
            with self.path(key).open("rb") as file:
                file.seek(start)
                return file.read(length)

        try:
            return await asyncio.to_thread(read)
        except FileNotFoundError:
            raise _missing(key) from None

    async def delete(self, key: str, untouched: float) -> bool:
        """See `Store.delete`."""
        return await asyncio.to_thread(self._delete, key, untouched)

    def _delete(self, key: str, untouched: float) -> bool:
        target = self.path(key)
        aside = target.with_name(f"{key}.going")
        try:
            if time.time() - target.stat().st_mtime < untouched:
                return False
            # Aside first: somebody who puts the same bytes now either writes them anew, or is seen by their mark.
            os.replace(target, aside)
        except FileNotFoundError:
            return True
        if time.time() - aside.stat().st_mtime < untouched:
            os.replace(aside, target)
            return False
        aside.unlink()
        _sync_folder(target.parent)
        return True

    def _put(self, data: bytes) -> str:
        key = hashlib.sha256(data).hexdigest()
        target = self.path(key)
        try:
            os.utime(target)
            return key
        except FileNotFoundError:
            pass
        if not target.parent.is_dir():
            target.parent.mkdir(parents=True, exist_ok=True)
            # A new folder's own name must be on disk too, or a power cut could lose the file with it.
            for folder in (target.parent.parent, self.folder):
                _sync_folder(folder)
        handle, temporary = tempfile.mkstemp(dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
        return key


def _missing(key: str) -> NotFound:
    return NotFound(Text(N_("The stored file {key} is missing."), {"key": key[:12]}))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


_store: Store | None = None


def open(folder: Path) -> None:
    """Use this folder from now on."""
    global _store  # noqa: PLW0603 - one store per process, like one database
    folder.mkdir(parents=True, exist_ok=True)
    _store = DiskStore(folder)


def use(store: Store) -> None:
    """Put another place for files in (an object store, say)."""
    global _store  # noqa: PLW0603
    _store = store


def _current() -> Store:
    if _store is None:
        raise RuntimeError("storage is not open: see polydesk.desk.open")
    return _store


async def put(data: bytes) -> str:
    """Keep the bytes durably and return their key."""
    return await _current().put(data)


async def get(key: str) -> bytes:
    """The bytes, or `NotFound`."""
    return await _current().get(key)


async def size(key: str) -> int:
    """How many bytes there are, or `NotFound`."""
    return await _current().size(key)


async def part(key: str, start: int, length: int) -> bytes:
    """At most `length` of the bytes from `start` on, or `NotFound`."""
    return await _current().part(key, start, length)


async def delete(key: str, untouched: float) -> bool:
    """See `Store.delete`; `unused.remove` is what most want, for it asks first who else needs the file."""
    return await _current().delete(key, untouched)

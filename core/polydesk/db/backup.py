"""A copy of an SQLite database as it was before its tables changed."""

from __future__ import annotations

import asyncio
import logging
import shutil
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

from piccolo.apps.migrations.tables import Migration

from polydesk.db.migrations import pending
from polydesk.errors import PolydeskError

log = logging.getLogger("polydesk.db")
KEPT = 5


class NoRoom(PolydeskError):
    """There is not enough free space for a copy."""


async def before_migrating(path: Path, version: str) -> Path | None:
    """Copy the open database `path` beside it, if something is to be migrated in it; where the copy is.

    Only the newest few are kept. `NoRoom` when the disk has no space for it: nothing has been changed then.
    """
    if not await Migration.table_exists().run() or not await pending():
        return None
    folder = path.parent / "backups"
    folder.mkdir(mode=0o700, exist_ok=True)
    now = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    target = folder / f"{path.stem}-before-{version}-{now}{path.suffix}"
    await asyncio.to_thread(copy, path, target)
    log.info("the database as it was: %s", target)
    for old in sorted(folder.glob(f"{path.stem}-before-*"), key=lambda each: each.stat().st_mtime)[:-KEPT]:
        old.unlink()
    return target


def copy(path: Path, target: Path) -> None:
    """A whole copy, consistent while others write. Blocks."""
    needed, free = path.stat().st_size, shutil.disk_usage(target.parent).free
    if free < needed * 1.1 + 10_000_000:
        raise NoRoom(
            f"A copy of the database needs {needed // 1_000_000} MB, but {target.parent} has {free // 1_000_000} MB"
            " free. Make room, or copy the database elsewhere yourself and migrate there."
        )
    source = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        target.touch(mode=0o600)
        source.execute("VACUUM INTO ?", (str(target),))
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    finally:
        source.close()

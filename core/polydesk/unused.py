"""Files nobody needs any more: who stores a key has it in a column called `storage_key`, so that it can be found."""

from __future__ import annotations

from polydesk import db, storage

# Bytes are put first and their key written down in a transaction afterwards, which may take its time.
UNTOUCHED = 3600.0


def _tables() -> list[str]:
    """Every table, core's and plugins', that stores keys."""
    from piccolo.conf.apps import Finder

    return [
        table._meta.tablename
        for config in Finder().get_app_configs()
        for table in config.table_classes
        if any(column._meta.name == "storage_key" for column in table._meta.columns)
    ]


async def is_used(key: str) -> bool:
    """Does any row still refer to this file?"""
    for table in _tables():
        if await db.fetch(f"SELECT 1 AS yes FROM {table} WHERE storage_key = {{}} AND storage_key <> '' LIMIT 1", key):
            return True
    return False


async def remove(key: str, untouched: float = UNTOUCHED) -> bool:
    """Remove a file that nobody refers to; False when it is too fresh to tell: come again in an hour.

    The same bytes may belong to several rows: then they stay, and that is fine too.
    """
    if not key or await is_used(key):
        return True
    return await storage.delete(key, untouched)

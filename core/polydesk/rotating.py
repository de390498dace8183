"""A new key for what is encrypted at rest: everything sealed with an older one is sealed anew."""

from __future__ import annotations

import re

from polydesk import db, live, secrets
from polydesk.errors import PolydeskError

_SEALED = re.compile(re.escape(secrets.PREFIX) + r"[A-Za-z0-9_=-]{60,}")


async def rotate() -> int:
    """Seal anew whatever is sealed with an older key of the ring, in every table there is; how many values.

    Those of plugins that are switched off, broken or removed are among them. What looks sealed and no key opens is left
    alone: anybody may write such a word into a message. It may be broken off and begun again, and the desk goes on.
    """
    count = 0
    for table, column in await _places():
        looks = f'FROM "{table}" WHERE "{column}" LIKE {{}}'
        for row in await db.fetch(f"SELECT id {looks}", f"%{secrets.PREFIX}%"):
            found = await db.fetch(f'SELECT "{column}" AS words FROM "{table}" WHERE id = {{}}', row["id"])
            words = found[0]["words"] if found else ""
            anew = _SEALED.sub(lambda sealed: _again(sealed[0]), words)
            if anew != words:
                # Somebody may have saved it meanwhile, with the newest key: then there is nothing to do.
                await db.fetch(
                    f'UPDATE "{table}" SET "{column}" = {{}} WHERE id = {{}} AND "{column}" = {{}}',
                    anew,
                    row["id"],
                    words,
                )
                count += 1
    for topic in ("accounts", "settings"):
        live.signal(0, topic)
    return count


def _again(sealed: str) -> str:
    if secrets.is_newest(sealed):
        return sealed
    try:
        return secrets.encrypt(secrets.decrypt(sealed))
    except PolydeskError:
        return sealed


async def _places() -> list[tuple[str, str]]:
    """Every column of words of every table whose rows have an id, as the database itself lists them."""
    if db.dialect() == "postgres":
        found = await db.fetch(
            "SELECT table_name AS name, column_name AS part FROM information_schema.columns c "
            "WHERE table_schema = current_schema() AND data_type IN ('text', 'character varying') "
            "AND EXISTS (SELECT 1 FROM information_schema.columns o WHERE o.table_schema = c.table_schema "
            "AND o.table_name = c.table_name AND o.column_name = 'id') ORDER BY 1, 2"
        )
        return [(row["name"], row["part"]) for row in found]
    places = []
    for row in await db.fetch("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"):
        columns = await db.fetch(f'PRAGMA table_info("{row["name"]}")')
        if any(each["name"] == "id" for each in columns):
            kinds = ("TEXT", "VARCHAR", "CHAR")
            places += [(row["name"], each["name"]) for each in columns if each["type"].upper().startswith(kinds)]
    return places

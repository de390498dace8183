"""Words that the tests of calls share."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db


async def talking_to(office: Any, name: str = "Ann") -> tuple[Any, str, str]:
    """An agent, and a caller who talks to her: (agent, caller's party, agent's party)."""
    agent = await office.agent(name)
    caller = await office.rings()
    return agent, caller, await office.picks_up()


async def data_of(kind: str) -> dict[str, Any]:
    """The data of the latest item of a kind."""
    rows = await db.fetch("SELECT data FROM pd_item WHERE kind = {} ORDER BY id DESC LIMIT 1", kind)
    return msgspec.json.decode(rows[0]["data"])

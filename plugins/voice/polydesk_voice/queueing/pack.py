"""How queues treat calls, as a part of a pack: by the queue's name."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import N_, Invalid, Text, db, live
from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk.types import PackPart, Scope
from polydesk_voice.queueing import settings
from polydesk_voice.queueing.settings import USUAL, QueueSettings


async def read(scope: Scope) -> dict[str, Any]:
    """What differs from the usual, of the queues of exactly this place."""
    rows = await db.fetch(
        "SELECT q.name, v.settings FROM voice_queue v JOIN pd_queue q ON q.id = v.queue "
        "WHERE q.client = {} AND COALESCE(q.market, 0) = {} ORDER BY q.position, q.id",
        scope.client,
        scope.market or 0,
    )
    names = {number: name for name, number in (await queues.by_name(scope)).items()}
    return {row["name"]: _said(row["settings"], names) for row in rows}


def _said(stored: str, names: dict[int, str]) -> dict[str, Any]:
    usual = msgspec.to_builtins(USUAL)
    found = msgspec.to_builtins(msgspec.json.decode(stored, type=QueueSettings))
    values = {name: value for name, value in found.items() if value != usual[name]}
    if values.get("then_queue") is not None:
        values["then_queue"] = names.get(values["then_queue"])
    return values


async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
    """None has it treat calls as usual."""
    known = await queues.by_name(scope)
    if values is None:
        if key in known:
            await db.fetch("DELETE FROM voice_queue WHERE queue = {}", known[key])
            live.signal(0, "voice.queues")
        return
    if key not in known:
        raise Invalid({"key": _("There is no queue “%(name)s” here.", name=key)})
    if not isinstance(values, dict):
        raise Invalid(message=_("This must be names with values."))
    if unknown := next((name for name in values if name not in QueueSettings.__struct_fields__), None):
        raise Invalid({unknown: _("There is no such field.")})
    given = dict(values)
    if other := given.get("then_queue"):
        if other not in known:
            raise Invalid({"then_queue": _("There is no queue “%(name)s” here.", name=other)})
        given["then_queue"] = known[other]
    try:
        await settings.save(known[key], msgspec.convert(given, QueueSettings))
    except msgspec.ValidationError as error:
        raise Invalid({"values": str(error)}) from None


PART = PackPart(
    name="voice.queues",
    label=Text(N_("How queues treat calls")),
    read=read,
    write=write,
    weight=60,
    permission="voice.manage",
)

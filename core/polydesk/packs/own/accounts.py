"""Channel accounts, without their secrets. They do not go along into a copy: an address belongs to one place."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db, live, secrets
from polydesk.channel import Channel
from polydesk.channels import service as channels
from polydesk.errors import Conflict, Invalid
from polydesk.fields import secret_names
from polydesk.i18n import N_, _, keep
from polydesk.packs.own import queues
from polydesk.packs.own.shaping import shape
from polydesk.types import PackPart, Scope, Text

_NEEDS = Text(N_("It came with a pack, without its secrets: enter them, then switch it on."))


class _Account(msgspec.Struct, kw_only=True):
    name: str
    queue: str = ""
    enabled: bool = True
    settings: dict[str, Any] | None = None


async def read(scope: Scope) -> dict[str, Any]:
    """By channel and address."""
    return {key: await _said(row, scope) for key, row in (await _rows(scope)).items()}


async def _rows(scope: Scope) -> dict[str, dict[str, Any]]:
    rows = await db.fetch(
        "SELECT * FROM pd_account WHERE client = {} AND COALESCE(market, 0) = {} ORDER BY channel, address, id",
        scope.client,
        scope.market or 0,
    )
    return {f"{row['channel']} {row['address'] or row['name']}": row for row in rows}


async def _said(row: dict[str, Any], scope: Scope) -> dict[str, Any]:
    said = _Account(name=row["name"], queue=await _queue_name(row["queue"], scope), enabled=bool(row["enabled"]))
    plain: dict[str, Any] = msgspec.to_builtins(said)
    del plain["settings"]
    # Which of them are secret only the channel knows: without it none is told, and that is not the same as none set.
    if found := channels.find_channel(row["channel"]):
        hidden, stored = secret_names(found[1].settings), msgspec.json.decode(row["settings"])
        plain["settings"] = {name: value for name, value in stored.items() if name not in hidden}
    return plain


def kept(wanted: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What is wanted, with the settings there are where a pack does not tell them."""
    return {key: _with_settings(values, now.get(key, {})) for key, values in wanted.items()}


def _with_settings(values: Any, now: dict[str, Any]) -> Any:
    if not isinstance(values, dict) or values.get("settings") is not None:
        return values
    said = {name: value for name, value in values.items() if name != "settings"}
    return {**said, "settings": now["settings"]} if "settings" in now else said


async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
    """Change an account, its secrets stay; a new one is switched off, since it has none."""
    known = (await _rows(scope)).get(key)
    if values is None:
        if known is not None:
            await _remove(known)
    else:
        said = shape(values, _Account)
        if known is None:
            await _make(scope, key, said)
        else:
            await _change(scope, known, said)
    live.signal(0, "accounts")
    live.signal(scope.client or 0, "health")


async def _make(scope: Scope, key: str, said: _Account) -> None:
    name = key.partition(" ")[0]
    channel = _channel(name)
    if said.settings is None:
        raise Invalid({"settings": _("A new account needs its settings: the pack was taken without its plugin.")})
    settings = _settings(channel, said.settings, {})
    if key != f"{name} {channel.address(settings) or said.name}":
        raise Invalid({"key": _("The address in the settings is another one.")})
    try:
        await db.fetch(
            "INSERT INTO pd_account (client, market, channel, name, address, settings, queue, enabled, trouble) "
            "VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {})",
            scope.client,
            scope.market,
            name,
            db.clean(said.name.strip())[:200],
            channel.address(settings),
            _sealed(settings),
            await _queue_id(said.queue, scope),
            False,
            keep(_NEEDS),
        )
    except Conflict:
        address = channel.address(settings)
        raise Invalid({"settings": _("%(address)s is set up already.", address=address)}) from None


async def _change(scope: Scope, known: dict[str, Any], said: _Account) -> None:
    if said.settings is None:
        if said.enabled and not known["enabled"]:
            _channel(known["channel"])
        await _update(scope, known, said, address=known["address"], settings=known["settings"])
        return
    channel = _channel(known["channel"])
    stored = msgspec.json.decode(known["settings"])
    hidden = secret_names(channel.settings)
    opened = {name: secrets.decrypt(stored.get(name) or "") for name in hidden}
    settings = _settings(channel, said.settings, opened)
    if known["address"] and channel.address(settings) != known["address"]:
        raise Invalid({"settings": _("The address in the settings is another one.")})
    if said.enabled and not known["enabled"] and opened and not any(opened.values()):
        # It waits for its secrets: a pack that says "on" does not switch it on without them.
        said.enabled = False
    await _update(scope, known, said, address=channel.address(settings), settings=_sealed(settings))


async def _update(scope: Scope, known: dict[str, Any], said: _Account, *, address: str, settings: str) -> None:
    await db.fetch(
        "UPDATE pd_account SET name = {}, address = {}, settings = {}, queue = {}, enabled = {} WHERE id = {}",
        db.clean(said.name.strip())[:200],
        address,
        settings,
        await _queue_id(said.queue, scope),
        said.enabled,
        known["id"],
    )


async def _remove(known: dict[str, Any]) -> None:
    account, stored = known["id"], msgspec.json.decode(known["settings"])
    found = channels.find_channel(known["channel"])
    if any(stored.get(name) for name in (secret_names(found[1].settings) if found else stored)):
        raise Invalid(message=_("It has secrets, which no pack could bring back: switch it off instead."))
    for table in ("pd_conversation", "pd_arrival", "pd_delivery"):
        if await db.fetch(f"SELECT id FROM {table} WHERE account = {{}} LIMIT 1", account):
            raise Invalid(message=_("Messages came or went by this account; it cannot be taken away."))
    await db.fetch("DELETE FROM pd_account WHERE id = {}", account)


def _channel(name: str) -> Channel:
    found = channels.find_channel(name)
    if found is None:
        raise Invalid({"key": _("No plugin provides the channel %(name)s.", name=name)})
    return found[1]


def _settings(channel: Channel, given: dict[str, Any], hidden: dict[str, str]) -> Any:
    if told := next((name for name in given if name in secret_names(channel.settings)), None):
        raise Invalid({f"settings.{told}": _("Secrets do not belong into a pack.")})
    blank = dict.fromkeys(secret_names(channel.settings), "")
    try:
        return shape({**blank, **given, **hidden}, channel.settings)
    except Invalid as problem:
        raise Invalid({f"settings.{name}": words for name, words in problem.fields.items()}, str(problem)) from None


def _sealed(settings: Any) -> str:
    values = msgspec.to_builtins(settings)
    for name in secret_names(type(settings)):
        values[name] = secrets.encrypt(values.get(name) or "")
    return msgspec.json.encode(values).decode()


async def _queue_name(queue: int | None, scope: Scope) -> str:
    return next((key for key, row in (await _queues(scope)).items() if row["id"] == queue), "")


async def _queue_id(name: str, scope: Scope) -> int | None:
    if not name:
        return None
    found = (await _queues(scope)).get(name)
    if found is None:
        raise Invalid({"queue": _("There is no queue of this name here.")})
    return int(found["id"])


async def _queues(scope: Scope) -> dict[str, dict[str, Any]]:
    """The market's own win over the client's of the same name."""
    return {**await queues.rows(Scope(scope.client)), **await queues.rows(scope)}


NAME = "core.accounts"
PART = PackPart(
    name=NAME,
    label=Text(N_("Channel accounts")),
    read=read,
    write=write,
    weight=40,
    copies=False,
    permission="account.manage",
)

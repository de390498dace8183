"""Channel accounts: set up, checked, and read by the doors in and out."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Any

import msgspec

from polydesk import db, hooks, live, plugins, secrets
from polydesk.channel import Channel
from polydesk.errors import Conflict, Invalid, NotFound
from polydesk.fields import secret_names
from polydesk.i18n import N_, _, kept
from polydesk.plugins import Plugin
from polydesk.staff.access import Viewer
from polydesk.types import Account, CheckResult, Scope, Text


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """An account as the admin sees it. `trouble` is what is wrong now, "" when all is well."""

    id: int
    client: int
    market: int | None
    channel: str
    channel_label: Text
    icon: str
    name: str
    address: str
    queue: int | None
    enabled: bool
    available: bool
    trouble: str
    trouble_since: datetime | None
    checked_at: datetime | None
    last_in_at: datetime | None
    last_out_at: datetime | None
    unreadable: int = 0


def find_channel(name: str, scope: Scope | None = None) -> tuple[Plugin, Channel] | None:
    """A channel and whose it is; None when no plugin has it, or it is off in the scope."""
    return next((pair for pair in plugins.collect(hooks.polydesk_channels, scope) if pair[1].name == name), None)


def channels(scope: Scope) -> list[Channel]:
    """The channels an account can be made of here."""
    return [channel for _plugin, channel in plugins.collect(hooks.polydesk_channels, scope)]


async def list_accounts(viewer: Viewer) -> list[AccountView]:
    """Every account of the viewer's clients, by client and name."""
    rows = await db.fetch(
        "SELECT a.*, (SELECT COUNT(*) FROM pd_arrival r WHERE r.account = a.id AND r.state = 'unreadable') "
        f"AS unreadable FROM pd_account a WHERE {viewer.bound('a')} ORDER BY a.client, a.name, a.id"
    )
    return [_view(row) for row in rows]


async def get_account(viewer: Viewer, account: int) -> AccountView:
    """One account the viewer may see, or `NotFound`."""
    rows = await db.fetch(
        "SELECT a.*, (SELECT COUNT(*) FROM pd_arrival r WHERE r.account = a.id AND r.state = 'unreadable') "
        f"AS unreadable FROM pd_account a WHERE a.id = {{}} AND ({viewer.bound('a')})",
        account,
    )
    if not rows:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return _view(rows[0])


async def account_settings(viewer: Viewer, account: int) -> Any:
    """The settings to fill the form with; secrets are left empty."""
    view = await get_account(viewer, account)
    viewer.require("account.manage", view.client, view.market)
    loaded = await load(account)
    blank = dict.fromkeys(secret_names(type(loaded.settings)), "")
    return msgspec.structs.replace(loaded.settings, **blank)


async def save_account(
    viewer: Viewer,
    *,
    channel: str,
    client: int,
    market: int | None,
    name: str,
    settings: Any,
    queue: int | None = None,
    account: int | None = None,
    enabled: bool = True,
) -> int:
    """Create an account, or change one; its id. An empty secret keeps the stored one."""
    viewer.require("account.manage", client, market)
    found = find_channel(channel, Scope(client, market))
    if found is None:
        raise Invalid({"channel": _("This channel is not available here.")})
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    address = found[1].address(settings)
    async with db.transaction():
        if account is not None:
            await get_account(viewer, account)
            settings = _keep_secrets((await _load(account)).settings, settings)
        values = (client, market, channel, db.clean(name.strip())[:200], address, _sealed(settings), queue, enabled)
        try:
            if account is None:
                rows = await db.fetch(
                    "INSERT INTO pd_account (client, market, channel, name, address, settings, queue, enabled) "
                    "VALUES ({}, {}, {}, {}, {}, {}, {}, {}) RETURNING id",
                    *values,
                )
                account = int(rows[0]["id"])
            else:
                await db.fetch(
                    "UPDATE pd_account SET client = {}, market = {}, channel = {}, name = {}, address = {}, "
                    "settings = {}, queue = {}, enabled = {}, trouble = '' WHERE id = {}",
                    *values,
                    account,
                )
        except Conflict:
            message = _("%(address)s is set up already.") % {"address": address}
            raise Invalid(message=message) from None
        live.signal(0, "accounts", account)
        live.signal(client, "health", account)
    return account


async def check_account(viewer: Viewer, channel: str, settings: Any, account: int | None = None) -> list[CheckResult]:
    """Try settings for real before or after they are saved."""
    if account is not None:
        view = await get_account(viewer, account)
        viewer.require("account.manage", view.client, view.market)
        settings = _keep_secrets((await _load(account)).settings, settings)
    else:
        viewer.require("account.manage")
    found = find_channel(channel)
    if found is None:
        raise Invalid({"channel": _("This channel is not available here.")})
    return await found[1].check(settings)


_loaded: dict[int, tuple[float, Account]] = {}
_REMEMBERED_SECONDS = 10.0


def _forget(signal: live.Signal) -> None:
    _loaded.clear()


live.on("accounts", _forget)
live.on("plugins", _forget)
live.on("resync", _forget)


async def load(account: int) -> Account:
    """An account ready for its channel, secrets open; `NotFound` when it or its channel's plugin is gone.

    Remembered for some seconds: every message in and out asks for it. A change signals it away everywhere.
    """
    known = _loaded.get(account)
    if known is not None and known[0] > time.monotonic() and find_channel(known[1].channel) is not None:
        return known[1]
    loaded = await _load(account)
    if not db.in_transaction():
        _loaded[account] = (time.monotonic() + _REMEMBERED_SECONDS, loaded)
    return loaded


async def _load(account: int) -> Account:
    rows = await db.fetch(
        "SELECT id, client, market, channel, name, address, settings FROM pd_account WHERE id = {}", account
    )
    if not rows:
        raise NotFound(Text(N_("This account does not exist any more.")))
    row = rows[0]
    found = find_channel(row["channel"])
    if found is None:
        raise NotFound(Text(N_("No plugin provides the channel {channel}."), {"channel": row["channel"]}))
    stored = msgspec.json.decode(row["settings"])
    for name in secret_names(found[1].settings):
        stored[name] = secrets.decrypt(stored.get(name) or "")
    return Account(
        id=row["id"],
        client=row["client"],
        market=row["market"],
        channel=row["channel"],
        name=row["name"],
        address=row["address"],
        settings=msgspec.convert(stored, found[1].settings),
    )


async def own_addresses(client: int, channel: str) -> frozenset[str]:
    """Every address of this client's accounts on a channel, lower-cased; none of them is ever a recipient."""
    rows = await db.fetch("SELECT address FROM pd_account WHERE client = {} AND channel = {}", client, channel)
    return frozenset(row["address"].lower() for row in rows)


def _keep_secrets(stored: Any, given: Any) -> Any:
    kept = {name: getattr(stored, name) for name in secret_names(type(given)) if not getattr(given, name)}
    return msgspec.structs.replace(given, **kept)


def _sealed(settings: Any) -> str:
    values = msgspec.to_builtins(settings)
    for name in secret_names(type(settings)):
        values[name] = secrets.encrypt(values.get(name) or "")
    return msgspec.json.encode(values).decode()


def _view(row: dict[str, Any]) -> AccountView:
    scope = Scope(row["client"], row["market"])
    found = find_channel(row["channel"])
    return AccountView(
        id=row["id"],
        client=row["client"],
        market=row["market"],
        channel=row["channel"],
        channel_label=found[1].label if found else Text(row["channel"]),
        icon=found[1].icon if found else "puzzle",
        name=row["name"],
        address=row["address"],
        queue=row["queue"],
        enabled=bool(row["enabled"]),
        available=find_channel(row["channel"], scope) is not None,
        trouble=kept(row["trouble"]),
        trouble_since=row["trouble_since"],
        checked_at=row["checked_at"],
        last_in_at=row["last_in_at"],
        last_out_at=row["last_out_at"],
        unreadable=row["unreadable"],
    )

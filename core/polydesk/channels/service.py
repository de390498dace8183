"""Channel accounts: set up, checked, and read by the doors in and out."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import Any

import msgspec

from polydesk import db, hooks, jobs, live, plugins, secrets
from polydesk import settings as configuration
from polydesk.channel import Channel
from polydesk.errors import Conflict, Invalid, NotFound, PolydeskError
from polydesk.fields import secret_names
from polydesk.i18n import N_, _, kept
from polydesk.plugins import Plugin
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import Account, CheckResult, Fact, Scope, Template, Text

log = logging.getLogger("polydesk.channels")


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
    waiting: int = 0
    failed: int = 0
    facts: tuple[Fact, ...] = ()
    templates: tuple[Template, ...] = ()
    inspected_at: datetime | None = None


def find_channel(name: str, scope: Scope | None = None) -> tuple[Plugin, Channel] | None:
    """A channel and whose it is; None when no plugin has it, or it is off in the scope."""
    return next((pair for pair in plugins.collect(hooks.polydesk_channels, scope) if pair[1].name == name), None)


def channels(scope: Scope) -> list[Channel]:
    """The channels an account can be made of here."""
    return [channel for _plugin, channel in plugins.collect(hooks.polydesk_channels, scope)]


def exclusive() -> tuple[str, ...]:
    """The names of channels whose conversations take all of an agent while they last."""
    found = [channel for _plugin, channel in plugins.collect(hooks.polydesk_channels) if channel.capabilities.exclusive]
    # Never empty: in SQL nothing is "not in" an empty list.
    return ("-", *(channel.name for channel in found))


_SEEN = (
    "a.*, (SELECT COUNT(*) FROM pd_arrival r WHERE r.account = a.id AND r.state = 'unreadable') AS unreadable, "
    "(SELECT COUNT(*) FROM pd_delivery d WHERE d.account = a.id AND d.state IN ('queued', 'sending')) AS waiting, "
    "(SELECT COUNT(*) FROM pd_delivery d WHERE d.account = a.id AND d.state = 'failed') AS failed"
)


async def list_accounts(viewer: Viewer) -> list[AccountView]:
    """Every account of the viewer's clients, by client and name."""
    rows = await db.fetch(f"SELECT {_SEEN} FROM pd_account a WHERE {viewer.bound('a')} ORDER BY a.client, a.name, a.id")
    return [_view(row) for row in rows]


async def get_account(viewer: Viewer, account: int) -> AccountView:
    """One account the viewer may see, or `NotFound`."""
    rows = await db.fetch(f"SELECT {_SEEN} FROM pd_account a WHERE a.id = {{}} AND ({viewer.bound('a')})", account)
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
    await scopes.belongs(client, market)
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
        if enabled:
            await inspect_soon(account, client)
    return account


async def inspect_soon(account: int, client: int) -> None:
    """Have the account's service asked how it is."""
    await jobs.enqueue("channels.inspect", {"account": account}, key=f"inspect:{account}", client=client)


async def inspect_account(viewer: Viewer, account: int) -> None:
    """Have the account's service asked how it is, because someone wants to know now."""
    view = await get_account(viewer, account)
    viewer.require("account.manage", view.client, view.market)
    await inspect_soon(account, view.client)


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
_enabled: dict[str, tuple[float, list[Account]]] = {}
_REMEMBERED_SECONDS = 10.0


def _forget(signal: live.Signal) -> None:
    _loaded.clear()
    _enabled.clear()


live.on("accounts", _forget)
live.on("switched", _forget)
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


async def enabled(channel: str) -> list[Account]:
    """A channel's accounts that are switched on, where its plugin is; remembered like `load`."""
    known = _enabled.get(channel)
    if known is not None and known[0] > time.monotonic():
        return [each for each in known[1] if find_channel(channel, Scope(each.client, each.market)) is not None]
    rows = await db.fetch(
        "SELECT id, client, market FROM pd_account WHERE channel = {} AND enabled = {} ORDER BY id", channel, True
    )
    wanted = [row for row in rows if find_channel(channel, Scope(row["client"], row["market"])) is not None]
    found = []
    for row in wanted:
        try:
            found.append(await load(row["id"]))
        except PolydeskError as error:
            # One that cannot be opened is out alone.
            log.warning("account %s cannot be used: %s", row["id"], error)
    if not db.in_transaction():
        _enabled[channel] = (time.monotonic() + _REMEMBERED_SECONDS, found)
    return found


async def waits(channel: str) -> bool:
    """Has a channel that no plugin provides just now an account that is switched on?"""
    found = "SELECT id FROM pd_account WHERE channel = {} AND enabled = {} LIMIT 1"
    return find_channel(channel) is None and bool(await db.fetch(found, channel, True))


def hook(channel: str) -> str:
    """The public address of a channel's webhooks, for what a service must be told with each message."""
    return f"{configuration.current().address}/hooks/{channel}"


async def at(channel: str, address: str) -> Account | None:
    """The account of this address, if it is switched on and its plugin is too."""
    return next((each for each in await enabled(channel) if each.address == address), None)


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


async def templates_of(account: int) -> tuple[Template, ...]:
    """The words an account's service knows, approved or not."""
    rows = await db.fetch("SELECT templates FROM pd_account WHERE id = {}", account)
    return msgspec.json.decode(rows[0]["templates"], type=tuple[Template, ...]) if rows else ()


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
        waiting=row["waiting"],
        failed=row["failed"],
        facts=msgspec.json.decode(row["facts"], type=tuple[Fact, ...]),
        templates=msgspec.json.decode(row["templates"], type=tuple[Template, ...]),
        inspected_at=row["inspected_at"],
    )

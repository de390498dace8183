"""Ask each account's service how the account is, now and then, and keep what it says."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec

from polydesk import db, hooks, i18n, jobs, live, plugins
from polydesk.channel import Channel
from polydesk.channels import service
from polydesk.errors import NotFound, PolydeskError
from polydesk.plugins import health
from polydesk.types import Account, AccountNews, Fact, JobKind, Schedule, Scope, Text

EVERY = 900.0
_SECONDS = 60.0


async def apply(account: Account, news: AccountNews) -> None:
    """Keep what the service said, and let screens know; inside a transaction."""
    row = (await db.fetch("SELECT facts, trouble, trouble_since FROM pd_account WHERE id = {}", account.id))[0]
    facts = {fact.name: fact for fact in msgspec.json.decode(row["facts"], type=list[Fact])}
    facts.update({fact.name: fact for fact in news.facts})
    values: dict[str, Any] = {"facts": db.clean(msgspec.json.encode(list(facts.values())).decode())}
    if news.templates is not None:
        values["templates"] = db.clean(msgspec.json.encode(news.templates).decode())
    if news.trouble is not None:
        words = i18n.keep(news.trouble) if news.trouble.template else ""
        values["trouble"] = db.clean(words)[:1000]
        values["trouble_since"] = (row["trouble_since"] or datetime.now(UTC)) if words else None
    columns = ", ".join(f"{name} = {{}}" for name in values)
    await db.fetch(f"UPDATE pd_account SET {columns} WHERE id = {{}}", *values.values(), account.id)
    live.signal(account.client, "health", account.id)


async def _forget_refused(account: int) -> None:
    """Calls refused before the service last said that all is well are no news any more."""
    row = (await db.fetch("SELECT facts FROM pd_account WHERE id = {}", account))[0]
    kept = [fact for fact in msgspec.json.decode(row["facts"], type=list[Fact]) if fact.name != "refused_calls"]
    await db.fetch("UPDATE pd_account SET facts = {} WHERE id = {}", msgspec.json.encode(kept).decode(), account)


async def _inspect(job: jobs.Job) -> None:
    try:
        account = await service.load(job.args["account"])
    except NotFound:
        return
    found = service.find_channel(account.channel, Scope(account.client, account.market))
    if found is None:
        return
    plugin, channel = found
    news, problem = await _ask(plugin, channel, account)
    async with db.transaction():
        if not (await db.fetch("SELECT enabled FROM pd_account WHERE id = {}", account.id))[0]["enabled"]:
            # Switched off meanwhile: that its service is gone is no trouble then.
            await job.complete()
            return
        now = datetime.now(UTC)
        await db.fetch("UPDATE pd_account SET inspected_at = {} WHERE id = {}", now, account.id)
        if problem is not None:
            await apply(account, AccountNews(trouble=problem))
        elif news is not None:
            await db.fetch("UPDATE pd_account SET checked_at = {} WHERE id = {}", now, account.id)
            await _forget_refused(account.id)
            await apply(account, news)
        await job.complete()


async def _ask(plugin: plugins.Plugin, channel: Channel, account: Account) -> tuple[AccountNews | None, Text | None]:
    try:
        async with asyncio.timeout(_SECONDS):
            return await channel.inspect(account), None
    except PolydeskError as error:
        return None, error.words if isinstance(error.words, Text) else Text("{words}", {"words": error.words})
    except TimeoutError:
        reason = f"no answer within {_SECONDS:g} s"
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
    await health.failed(plugin.name, f"{hooks.polydesk_channels.__name__}: inspect", reason)
    return None, None


async def _round(_job: jobs.Job) -> None:
    """Each account that has something to be asked about."""
    for row in await db.fetch("SELECT id, client, market, channel FROM pd_account WHERE enabled = {}", True):
        found = service.find_channel(row["channel"], Scope(row["client"], row["market"]))
        if found is not None and type(found[1]).inspect is not Channel.inspect:
            await service.inspect_soon(row["id"], row["client"])


JOBS = (
    JobKind(name="channels.inspect", handler=_inspect, max_attempts=3),
    JobKind(name="channels.inspect.all", handler=_round),
)
SCHEDULES = (Schedule(name="channels.inspect.all", job="channels.inspect.all", every=EVERY),)

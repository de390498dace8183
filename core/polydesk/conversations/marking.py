"""What happens to messages afterwards: a reaction, a change, a withdrawal, or one that went out past the desk."""

from __future__ import annotations

from datetime import UTC, datetime

from polydesk import db, live, storage
from polydesk.contacts import identify
from polydesk.conversations import delivery, receiving, threading
from polydesk.conversations.wording import preview_of
from polydesk.timeline import service as timeline
from polydesk.types import Account, Echo, Reaction, Revision, Scope, StatusUpdate


async def mark(account: Account, news: Reaction | Revision) -> int | None:
    """Append what was done to a message of this client; its item, or None when the message is not known here."""
    target = await threading.item_of(account.client, news.to if isinstance(news, Reaction) else news.of)
    if target is None or target["conversation"] is None:
        return None
    if isinstance(news, Reaction):
        kind = "reaction"
        data = {"item": target["id"], "sign": news.sign[:40], "by": news.sender.name or news.sender.value}
    else:
        kind = "revision"
        data = {"item": target["id"], "text": None if news.text is None else db.clean(news.text)}
    item = await timeline.append(
        kind,
        client=target["client"],
        contact=target["contact"],
        conversation=target["conversation"],
        direction="in",
        data={**data, "channel": account.channel},
        occurred_at=news.occurred_at,
    )
    live.signal(target["client"], "conversation", target["conversation"])
    return item


async def echo(account: Account, news: Echo) -> int | None:
    """One of ours has surely been sent; another is shown where its reader's conversation is, or begins one."""
    known = await delivery.update(
        account,
        StatusUpdate(external_ids=(news.external_id,), state="sent", correlation=news.correlation),
    )
    if known is not None:
        return known
    if (found := await threading.item_of(account.client, news.external_id)) is not None:
        return int(found["id"])
    scope = Scope(account.client, account.market)
    contact = await identify.find_or_create(scope, news.recipient)
    row = await receiving.running_row(account, contact)
    if row is None:
        row = await receiving.open_quietly(account, contact, news)
    item = await timeline.append(
        "message",
        client=account.client,
        contact=contact.id,
        conversation=row["id"],
        direction="out",
        text=news.text,
        data={
            "channel": account.channel,
            "account": account.id,
            "external_id": news.external_id,
            "to": [news.recipient],
            "outside": True,
            **({"pieces": news.pieces} if news.pieces else {}),
        },
        occurred_at=news.sent_at,
    )
    await threading.remember_own(account.client, row["id"], item, news.external_id)
    keys = [await storage.put(each.data) for each in news.attachments]
    await receiving.attach(account.client, row["id"], item, news.attachments, keys)
    await db.fetch(
        "UPDATE pd_conversation SET messages = messages + 1, preview = {}, last_at = {}, awaits_reply = {} "
        "WHERE id = {}",
        preview_of(news.text),
        datetime.now(UTC),
        False,
        row["id"],
    )
    live.signal(account.client, "inbox", row["id"])
    live.signal(account.client, "conversation", row["id"])
    return item

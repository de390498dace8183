"""The visitor has left: what they have not seen goes on by mail, each answer once."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

from polydesk import db, i18n, jobs
from polydesk.channels import service as channels
from polydesk.conversations import continuing
from polydesk.i18n import _
from polydesk.pacing import service as pacing
from polydesk.types import Account, Handle, JobKind, Schedule
from polydesk.web.forms import EMAIL
from polydesk_webchat import messages, visitors, words
from polydesk_webchat.limits import TooMuch
from polydesk_webchat.messages import Sent
from polydesk_webchat.visitors import Visitor

_AT_ONCE = 100
_STALE_AFTER = timedelta(days=7)


class _NoWay(Exception):
    """Nothing reaches the visitor by mail at present."""


async def _unseen(_job: jobs.Job) -> None:
    """Look through every chat for answers that nobody came back to see."""
    for account in await channels.enabled("webchat"):
        if account.settings.mail_after:
            await _of_account(account)


async def _of_account(account: Account) -> None:
    now = datetime.now(UTC)
    rows = await db.fetch(
        "SELECT m.visitor, MIN(m.id) AS first FROM webchat_message m JOIN webchat_visitor v ON v.id = m.visitor "
        "WHERE m.account = {} AND m.direction = 'out' AND m.seen_at IS NULL AND m.mailed_at IS NULL AND NOT v.blocked "
        "AND (v.left_at IS NOT NULL OR v.seen_at < {}) AND (v.email <> '' OR v.person <> '') AND m.created_at < {} "
        "AND m.created_at > {} "
        f"GROUP BY m.visitor ORDER BY first LIMIT {_AT_ONCE}",
        account.id,
        now - visitors.GONE_AFTER,
        now - timedelta(minutes=account.settings.mail_after),
        # What could not be mailed is tried again, but not for ever: it would stand before what is new.
        now - _STALE_AFTER,
    )
    for row in rows:
        visitor = await visitors.by_id(row["visitor"])
        if visitor is not None and visitor.reachable:
            with contextlib.suppress(_NoWay):
                await _mail(account, visitor)


async def _mail(account: Account, visitor: Visitor) -> None:
    """All they have not seen, as one mail; marked in the transaction that sends it. Raises `_NoWay`."""
    with i18n.using(visitor.language or i18n.SOURCE, account.settings.zone):
        async with db.transaction():
            # What came a moment ago goes along: a mail for each line would be a nuisance.
            rows = await db.fetch(
                "UPDATE webchat_message SET mailed_at = {} WHERE visitor = {} AND direction = 'out' "
                "AND seen_at IS NULL AND mailed_at IS NULL RETURNING id, author, text, conversation",
                datetime.now(UTC),
                visitor.id,
            )
            if not rows:
                return
            rows.sort(key=lambda row: int(row["id"]))
            title = words.say(account.settings, "title")
            text = "\n\n".join(
                [
                    _("You had left our chat before you saw this:"),
                    *(f"{row['author']}: {row['text']}" if row["author"] else row["text"] for row in rows),
                    _("Just answer this e-mail to go on."),
                ]
            )
            if not await _by_mail(visitor, rows[-1]["conversation"], title, text, f"webchat:unseen:{rows[-1]['id']}"):
                raise _NoWay


async def _by_mail(
    visitor: Visitor, conversation: int, subject: str, text: str, once: str, *, copy: bool = False
) -> bool:
    to = Handle("email", visitor.reachable.lower(), visitor.called)
    sent = await continuing.by(conversation, kind="email", subject=subject, text=text, to=to, once=once, copy=copy)
    return sent is not None


async def transcript(account: Account, visitor: Visitor | None, email: str, address: str) -> None:
    """Mail the visitor what was said. Raises `TooMuch`.

    Only once somebody of the desk has answered: else a stranger could have the desk write to anyone, in their words.
    """
    if visitor is None or visitor.conversation is None:
        raise TooMuch(_("There is nothing to send yet."), status=422)
    if not EMAIL.fullmatch(email):
        raise TooMuch(_("Enter an email address such as ana@example.com."), status=422)
    said = await messages.of(account, visitor)
    if not any(not each.mine and each.author for each in said):
        raise TooMuch(_("As soon as somebody has answered, you can have this sent to you."), status=422)
    for name in (f"webchat:transcript:{visitor.id}", f"webchat:transcript:{account.id}:{address}"):
        if wait := await pacing.reserve(name, every=3600, burst=3):
            raise TooMuch(_("It was sent a few times already. Please look into your mailbox, spam included."), wait)
    visitor = await _with_email(visitor, email)
    title = words.say(account.settings, "title")
    text = "\n\n".join([_("What was said in our chat:"), *(_line(each) for each in said)])
    once = f"webchat:copy:{visitor.id}:{datetime.now(UTC).timestamp():.3f}"
    if not await _by_mail(visitor, visitor.conversation or 0, title, text, once, copy=True):
        raise TooMuch(_("This cannot be sent by e-mail here."), status=422)
    await db.fetch(
        "UPDATE webchat_message SET mailed_at = {} WHERE visitor = {} AND direction = 'out' "
        "AND mailed_at IS NULL AND id <= {}",
        datetime.now(UTC),
        visitor.id,
        said[-1].id,
    )


async def _with_email(visitor: Visitor, email: str) -> Visitor:
    if visitor.reachable.lower() != email.lower():
        await visitors.told(visitor, visitors.Told(email=email))
    found = await visitors.by_id(visitor.id)
    # A proven address stays the one that is written to.
    return found or visitor


def _line(message: Sent) -> str:
    who = _("You") if message.mine else message.author or _("We")
    files: list[Any] = [each.name for each in message.files]
    said = "\n".join(filter(None, [message.text, i18n.listing(files)]))
    return f"{who}, {i18n.when(message.at)}:\n{said}"


JOBS = [JobKind(name="webchat.unseen", handler=_unseen)]
SCHEDULES = [Schedule(name="webchat.unseen", job="webchat.unseen", every=60.0)]

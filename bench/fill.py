"""Put a desk's worth of conversations into a database, fast: the screens are measured, not the filling."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

from polydesk import db
from polydesk.channels import service as channels
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk_email.settings import MailSettings

MESSAGES = 3
_CHUNK = 2000
_WORDS = [
    *["parcel", "order", "courier", "street", "delivery", "yesterday", "tomorrow", "invoice", "refund", "address"],
    *["late", "broken", "wrong", "please", "thank", "you", "where", "when", "help", "waiting", "driver", "door"],
]


async def begin() -> tuple[Viewer, int]:
    """An owner and a mailbox; the viewer and the account's id."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    viewer = await staff.viewer_by_id(person)
    account = await channels.save_account(
        viewer,
        channel="email",
        client=viewer.clients[0],
        market=None,
        name="Support",
        settings=mailbox(),
        enabled=True,
    )
    return viewer, account


def mailbox() -> MailSettings:
    """Settings of a mailbox that nobody listens to: both ports are closed."""
    return MailSettings(
        address="support@parcelpost.example",
        imap_host="127.0.0.1",
        imap_port=9,
        imap_user="support",
        imap_password="none",
        smtp_host="127.0.0.1",
        smtp_port=9,
        smtp_user="support",
        smtp_password="none",
    )


async def fill(viewer: Viewer, account: int, wanted: int) -> None:
    """Up to `wanted` conversations of three messages: 8 % open, 7 % waiting, 1 % snoozed, the rest solved."""
    dice = random.Random(7)
    have = int((await db.fetch("SELECT COUNT(*) AS n FROM pd_conversation"))[0]["n"])
    client = viewer.clients[0]
    queue = (
        await db.fetch(
            "INSERT INTO pd_queue (client, name, assigns, weights) VALUES ({}, {}, {}, {}) RETURNING id",
            client,
            f"Queue {have}",
            False,
            "{}",
        )
    )[0]["id"]
    while have < wanted:
        count = min(_CHUNK, wanted - have)
        await _chunk(dice, client, account, int(queue), viewer.id, have, count)
        have += count
    await db.fetch("ANALYZE")


async def _chunk(
    dice: random.Random, client: int, account: int, queue: int, person: int, start: int, count: int
) -> None:
    now = datetime.now(UTC)
    async with db.transaction():
        base = int((await db.fetch("SELECT COALESCE(MAX(id), 0) AS n FROM pd_conversation"))[0]["n"])
        contact = int((await db.fetch("SELECT COALESCE(MAX(id), 0) AS n FROM pd_contact"))[0]["n"])
        contacts, identities, conversations, items = [], [], [], []
        for number in range(1, count + 1):
            name = f"Contact {start + number}"
            contacts.append((contact + number, client, name, "en"))
            identities.append((client, contact + number, "email", f"c{start + number}@example.net", name))
            at = now - timedelta(minutes=dice.randrange(60 * 24 * 365))
            status = dice.choices(("open", "waiting", "snoozed", "solved"), (8, 7, 1, 84))[0]
            mine = person if dice.random() < 0.3 else None
            text = " ".join(dice.choices(_WORDS, k=80))
            conversations.append(
                (base + number, client, contact + number, status, queue, mine, text[:60], text[:200], "en", "email",
                 account, MESSAGES, status == "open", at - timedelta(hours=5), at)
            )  # fmt: skip
            for step in range(MESSAGES):
                way = "out" if step == 1 else "in"
                words = " ".join(dice.choices(_WORDS, k=80))
                items.append(
                    (client, contact + number, base + number, "message", way, person if way == "out" else None, words,
                     '{"channel":"email","language":"en","sender":{"kind":"email","value":"c@example.net","name":"C"}}',
                     at - timedelta(hours=5 - 2 * step), at)
                )  # fmt: skip
        await db.run_many("INSERT INTO pd_contact (id, client, name, language) VALUES ({}, {}, {}, {})", contacts)
        await db.run_many(
            "INSERT INTO pd_identity (client, contact, kind, value, name) VALUES ({}, {}, {}, {}, {})", identities
        )
        await db.run_many(
            "INSERT INTO pd_conversation (id, client, contact, status, queue, assignee, subject, preview, language, "
            "channel, account, messages, awaits_reply, opened_at, last_at) "
            f"VALUES ({', '.join(['{}'] * 15)})",
            conversations,
        )
        await db.run_many(
            "INSERT INTO pd_item (client, contact, conversation, kind, direction, person, text, data, occurred_at, "
            f"recorded_at) VALUES ({', '.join(['{}'] * 10)})",
            items,
        )
        if db.dialect() == "postgres":
            for table in ("pd_contact", "pd_conversation"):
                await db.fetch(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT MAX(id) FROM {table}))")

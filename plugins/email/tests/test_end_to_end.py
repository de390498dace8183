"""From a stranger's mail program to the agent's conversation and back into the stranger's mailbox, all for real."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import msgspec

from polydesk import db
from polydesk.channels import service as channels
from polydesk.conversations import replying
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk
from polydesk.testing.mail_servers import MailServers
from polydesk.types import Account


async def settled(desk: LiveDesk, mailbox: Account) -> Viewer:
    """An owner, and the mailbox set up as an account of their client."""
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    await channels.save_account(
        owner, channel="email", client=owner.clients[0], market=None, name="Support", settings=mailbox.settings
    )
    await desk.until("SELECT id FROM pd_account WHERE checked_at IS NOT NULL")
    return owner


def _id(row: dict[str, Any]) -> int:
    return int(row["id"])


async def test_a_question_an_answer_and_a_thank_you(
    live_desk: LiveDesk, servers: MailServers, mailbox: Callable[..., Account], send: Any, received: Any, readable: Any
) -> None:
    support, nino = mailbox(plus_addresses=True), mailbox()
    owner = await settled(live_desk, support)
    await send(
        nino.address,
        support.address,
        "--h-From",
        f"Nino B. <{nino.address}>",
        "--h-Subject",
        "Where is it?",
        "--h-Message-Id",
        "<first@nino.test>",
        "--body",
        "Order 42 is missing.",
    )
    (conversation,) = await live_desk.until("SELECT * FROM pd_conversation WHERE subject = 'Where is it?'")
    assert conversation["preview"] == "Order 42 is missing."

    await replying.reply(owner, _id(conversation), "It left the house this morning.")
    (raw,) = await received(servers, nino.address)
    answer = readable(raw, msgspec.structs.replace(nino, client=2))
    assert answer.subject == f"Re: Where is it? [#PD-{conversation['id']}]"
    assert answer.text.strip() == "It left the house this morning."
    assert answer.references == ("first@nino.test",)
    assert "Mara Olsen" in answer.sender.name
    await live_desk.until("SELECT id FROM pd_delivery WHERE state = 'sent'")

    # The thank-you comes from another address, to the signed address alone, without References.
    assert answer.answer_to is not None
    await send("other@nino.test", answer.answer_to.value, "--h-Subject", "thanks", "--body", "Got it, thank you!")
    (item,) = await live_desk.until("SELECT * FROM pd_item WHERE text LIKE 'Got it%'")
    assert item["conversation"] == conversation["id"]
    # Another goes by References, with the whole history below.
    await send(
        nino.address,
        support.address,
        "--h-Subject",
        "Re: Where is it?",
        "--add-header",
        f"In-Reply-To: <{answer.external_id}>",
        "--body",
        "One more thing.\n\nOn Mon, 5 Jan 2026 at 10:00, Mara Olsen wrote:\n> It left the house this morning.",
    )
    (item,) = await live_desk.until("SELECT * FROM pd_item WHERE text LIKE 'One more%'")
    assert item["conversation"] == conversation["id"]
    (row,) = await live_desk.until("SELECT preview, messages FROM pd_conversation WHERE preview = 'One more thing.'")
    assert row["messages"] == 4


async def test_a_reply_nobody_gets_comes_back_as_failed(
    live_desk: LiveDesk, servers: MailServers, mailbox: Callable[..., Account], send: Any
) -> None:
    support = mailbox()
    owner = await settled(live_desk, support)
    await send("gone@polydesk.test", support.address, "--h-Subject", "Hello", "--body", "I will be gone.")
    (conversation,) = await live_desk.until("SELECT * FROM pd_conversation WHERE subject = 'Hello'")
    await replying.reply(owner, _id(conversation), "Are you there?")
    (delivery,) = await live_desk.until("SELECT * FROM pd_delivery WHERE state = 'failed'")
    assert "550" in str(delivery["reason"])
    assert len(await db.fetch("SELECT id FROM pd_conversation")) == 1, "the report is news of the reply, not a message"


async def test_odd_mail_is_parked_in_sight_and_the_next_goes_on(
    live_desk: LiveDesk, servers: MailServers, mailbox: Callable[..., Account], put: Any
) -> None:
    support = mailbox()
    await settled(live_desk, support)
    twice = b"From: a@x.test\r\nMessage-ID: <same@x>\r\nSubject: same\r\n\r\nthe same mail"
    odd = [
        b"Subject: nobody\r\n\r\nfrom nobody",
        twice,
        b"Received: by another way\r\nX-Trace: 2\r\n" + twice,
        b"From: \xc4\xe0 <b@x.test>\r\nSubject: \xcf\xf0\xe8\xe2\xe5\xf2\r\n\r\nnul \x00 and \xff",
        b"From: " + b"y" * 400 + b"@x.test\r\nSubject: long\r\n\r\nlong address",
        b"From: c@x.test\r\nTo: " + b", ".join(b"r%d@x.test" % n for n in range(2000)) + b"\r\nSubject: many\r\n\r\nm",
        b"From: d@x.test\r\nSubject: refs\r\nReferences: "
        + b" ".join(b"<%d@x>" % n for n in range(20000))
        + b"\r\n\r\nr",
    ]
    put(servers, support, *odd, b"From: last@x.test\r\nSubject: last\r\n\r\nfine")
    await live_desk.until("SELECT id FROM pd_conversation WHERE subject = 'last'")
    await live_desk.until("SELECT 1 AS done WHERE NOT EXISTS (SELECT id FROM pd_arrival WHERE state = 'new')")
    rows = await db.fetch("SELECT subject FROM pd_conversation ORDER BY id")
    subjects = sorted(row["subject"] for row in rows)
    assert subjects == sorted(["same", "Привет", "long", "many", "refs", "last"])
    (parked,) = await db.fetch("SELECT reason FROM pd_arrival WHERE state = 'unreadable'")
    assert "names no sender" in parked["reason"]
    (item,) = await db.fetch("SELECT data FROM pd_item WHERE text = 'm'")
    assert len(json.loads(item["data"])["to"]) == 100

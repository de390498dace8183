"""The account: what was sent, what the desk has, what arrived in the customers' mailboxes and chats."""

from __future__ import annotations

from collections import Counter
from email import message_from_bytes

import msgspec
from imapclient import IMAPClient
from tests.faults.traffic import CUSTOMERS

from polydesk import db
from polydesk.testing.mail_servers import PASSWORD, MailServers


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """All figures of one run. `said` counts replies that went out again with the timeline saying so."""

    sent: int
    arrivals: int
    questions: int
    questions_twice: int
    conversations: int
    replies: int
    delivered: int
    received: int
    copies: int
    copies_not_said: int
    said: int
    unreadable: int

    def faults(self) -> list[str]:
        """What is wrong; empty when nothing was lost and nothing doubled in silence."""
        wrong = []
        for what, value, wanted in (
            ("questions in the timeline", self.questions, self.sent),
            ("conversations", self.conversations, self.sent),
            ("replies in the timeline", self.replies, self.sent),
            ("replies marked as sent", self.delivered, self.sent),
            ("different replies received", self.received, self.sent),
            ("questions shown twice", self.questions_twice, 0),
            ("copies of a reply that the timeline does not tell of", self.copies_not_said, 0),
            ("arrivals that could not be read", self.unreadable, 0),
        ):
            if value != wanted:
                wrong.append(f"{what}: {value}, should be {wanted}")
        return wrong


async def of(servers: MailServers, heard: Counter[int], sent: int) -> Account:
    """Count everything."""
    questions = Counter(
        msgspec.json.decode(row["data"])["external_id"]
        for row in await db.fetch("SELECT data FROM pd_item WHERE kind = 'message' AND direction = 'in'")
    )
    deliveries = await db.fetch("SELECT item, conversation, state, external_id FROM pd_delivery")
    again = {
        msgspec.json.decode(row["data"])["item"]
        for row in await db.fetch("SELECT data FROM pd_item WHERE kind = 'delivery'")
        if msgspec.json.decode(row["data"]).get("again")
    }
    by_name = {row["external_id"].strip("<>"): row["item"] for row in deliveries}
    by_conversation = {row["conversation"]: row["item"] for row in deliveries}
    received: Counter[object] = Counter()
    for name, count in mailed(servers).items():
        received[by_name.get(name, name)] += count
    for conversation, count in heard.items():
        received[by_conversation.get(conversation, f"conversation {conversation}")] += count
    doubled = {item for item, count in received.items() if count > 1}
    return Account(
        sent=sent,
        arrivals=await _count("pd_arrival"),
        questions=len(questions),
        questions_twice=sum(count > 1 for count in questions.values()),
        conversations=await _count("pd_conversation", "channel <> 'voice'"),
        replies=await _count("pd_item", "kind = 'message' AND direction = 'out'"),
        delivered=sum(row["state"] in ("sent", "delivered", "read") for row in deliveries),
        received=len(received),
        copies=sum(count - 1 for count in received.values()),
        copies_not_said=len(doubled - again),
        said=len(again),
        unreadable=await _count("pd_arrival", "state = 'unreadable'"),
    )


async def _count(table: str, where: str = "TRUE") -> int:
    return int((await db.fetch(f"SELECT COUNT(*) AS n FROM {table} WHERE {where}"))[0]["n"])


def mailed(servers: MailServers) -> Counter[str]:
    """How often each Message-ID is in the customers' mailboxes."""
    found: Counter[str] = Counter()
    for number in range(CUSTOMERS):
        with IMAPClient("localhost", servers.imap, ssl=False) as line:
            line.login(servers.address(f"customer{number}"), PASSWORD)
            line.select_folder("INBOX", readonly=True)
            uids = line.search()
            for fetched in line.fetch(uids, ["BODY.PEEK[HEADER]"]).values() if uids else ():
                headers = message_from_bytes(fetched[b"BODY[HEADER]"])
                found[str(headers["Message-ID"]).strip().strip("<>")] += 1
    return found

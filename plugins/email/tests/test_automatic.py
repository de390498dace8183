"""Mail that machines wrote: replies, lists, reports; and whom to believe."""

# ruff: noqa: E501 - mail as programs write it

from __future__ import annotations

import msgspec
import pytest

from polydesk.types import Account, Nothing, StatusUpdate
from polydesk_email import threading

from .reading import PLAIN, message, read


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("Auto-Submitted: auto-replied", "automatic reply"),
        ("Auto-Submitted: auto-generated (ticket)", "generated automatically"),
        ("Auto-Submitted: no", ""),
        ("Return-Path: <>", "no return address"),
        ("Precedence: bulk", "bulk mail"),
        ("List-Id: <news.x.test>", "mailing list"),
        ("List-Unsubscribe: <https://x.test/u>", "mailing list"),
        ("X-Autoreply: yes", "generated automatically"),
        ("X-Auto-Response-Suppress: All", ""),
        ("Subject: Automatic reply: away", "automatic reply"),
        ("Subject: Автоответ: в отпуске", "automatic reply"),
        ("Subject: Abwesenheitsnotiz: Urlaub", "automatic reply"),
        ("X-Priority: 1", ""),
    ],
)
def test_automatic_mail(fields: str, reason: str, account: Account) -> None:
    made = message(f"{fields}\nFrom: nino@x.test\n\nhi", account)
    assert made.automatic == reason
    assert bool(made.details.get("no_automatic_answer")) == ("Suppress" in fields)


@pytest.mark.parametrize("local", ["no-reply", "noreply", "MAILER-DAEMON", "postmaster", "bounce+x=y", "news-request"])
def test_senders_that_take_no_replies(local: str, account: Account) -> None:
    assert message(f"From: {local}@x.test\n\nhi", account).automatic == "sender takes no replies"
    assert message("From: noreen@x.test\n\nhi", account).automatic == ""


def test_lists_are_answered_to_the_writer_only(account: Account) -> None:
    made = message(PLAIN + "List-Id: <l.x.test>\nReply-To: list@x.test\n\nhi", account)
    assert made.answer_to is None


def test_our_own_mail(account: Account) -> None:
    own = threading.new_id(account.client, 7, 8, "polydesk.test")
    copy = f"From: support@polydesk.test\nMessage-ID: <{own}>\n\nhi"
    assert isinstance(read(copy, account), Nothing)
    back = message(f"From: nino@x.test\nMessage-ID: <new@x>\nX-Polydesk-Id: {own}\n\nhi", account)
    assert back.automatic == "our own mail came back"
    stranger = message("From: nino@x.test\nX-Polydesk-Id: pd.1.2.abcdefghijklmnop@elsewhere.test\n\nhi", account)
    assert stranger.automatic == "", "an agent of another desk is a person"


def report(action: str, status: str, original: str, kind: str = "delivery-status") -> str:
    return f"""Return-Path: <>
From: Mail Delivery System <mailer-daemon@mx.x.test>
To: support@polydesk.test
Subject: Undelivered
Content-Type: multipart/report; report-type={kind}; boundary=b

--b

Sorry.
--b
Content-Type: message/{kind}

Reporting-MTA: dns; mx.x.test

Final-Recipient: rfc822; Nino@x.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} it was
 so
Original-Message-ID: <{original}>
Feedback-Type: abuse
Original-Rcpt-To: nino@x.test

--b
Content-Type: text/rfc822-headers

Message-ID: <{original}>
From: support@polydesk.test
--b--
"""


@pytest.mark.parametrize(
    ("action", "status", "state", "permanent"),
    [
        ("failed", "5.1.1", "failed", True),
        ("failed", "5.2.2", "failed", False),
        ("failed", "4.4.7", "failed", False),
        ("delayed", "4.4.1", "sent", False),
        ("delivered", "2.0.0", "delivered", False),
        ("relayed", "2.0.0", "sent", False),
    ],
)
def test_delivery_reports(action: str, status: str, state: str, permanent: bool, account: Account) -> None:
    own = threading.new_id(account.client, 7, 8, "polydesk.test")
    update = read(report(action, status, own), account)
    assert isinstance(update, StatusUpdate)
    assert (update.external_ids, update.state, update.permanent) == ((own,), state, permanent)
    assert update.recipient == "nino@x.test"
    assert update.reason == (f"550 {status} it was so" if action in ("failed", "delayed") else "")
    assert message(report(action, status, "foreign@x"), account).automatic == "delivery report"
    forged = own.replace("pd.7.8", "pd.9.8")
    assert message(report(action, status, forged), account).automatic == "delivery report", "a made-up id is not ours"


def test_home_made_bounces(account: Account) -> None:
    own = threading.new_id(account.client, 7, 8, "polydesk.test")
    words = f"Hi. This is the qmail-send program.\n\n<nino@x.test>:\n550 5.1.1 no such user\n\n--- copy\nMessage-ID: <{own}>\n"
    update = read(f"Return-Path: <>\nFrom: MAILER-DAEMON@x.test\nSubject: failure notice\n\n{words}", account)
    assert isinstance(update, StatusUpdate)
    assert (update.external_ids, update.state, update.permanent) == ((own,), "failed", True)
    assert (update.recipient, update.reason) == ("nino@x.test", "550 5.1.1 no such user")
    # The same words quoted by a person are a person's.
    assert message(f"From: nino@x.test\n\nWhat is this?\n{words}", account).automatic == ""


def test_receipts_and_complaints(account: Account) -> None:
    own = threading.new_id(account.client, 7, 8, "polydesk.test")
    assert isinstance(read(report("displayed", "2", own, "disposition-notification"), account), Nothing)
    complaint = read(report("x", "x", own, "feedback-report").replace("mx.x.test\n\n", "mx.x.test\n"), account)
    assert isinstance(complaint, StatusUpdate)
    assert complaint.details["complaint"] == "abuse"
    assert (complaint.state, complaint.recipient) == ("delivered", "nino@x.test")


def test_only_our_own_server_is_believed(account: Account) -> None:
    ours = "Authentication-Results: mx.polydesk.test; spf=fail smtp.mailfrom=x; dkim=none; dmarc=fail header.from=bank"
    forged = "Authentication-Results: mx.polydesk.test; dmarc=pass header.from=bank.test"
    theirs = "Authentication-Results: mx.evil.test; dmarc=pass"
    trusting = msgspec.structs.replace(
        account, settings=msgspec.structs.replace(account.settings, trusted_authserv="MX.polydesk.test")
    )
    made = message(f"{ours}\n{forged}\n{theirs}\nFrom: ceo@bank.test\n\npay", trusting)
    assert made.details["authentication"] == {
        "spf": "fail",
        "dkim": "none",
        "dmarc": "fail",
        "by": "mx.polydesk.test",
    }
    assert "could not be verified" in str(made.notices[0])
    assert message(f"{theirs}\nFrom: ceo@bank.test\n\npay", trusting).details["authentication"] == {}
    assert message(f"{forged}\nFrom: ceo@bank.test\n\npay", account).details["authentication"] == {}

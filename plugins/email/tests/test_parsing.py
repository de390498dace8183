"""One small mail for each thing the world sends: who wrote, to whom, what about, and whether a person did."""

# ruff: noqa: E501 - mail as programs write it

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from polydesk import Unreadable
from polydesk.types import Account, Arrival, Handle, Message, Nothing, Parsed, StatusUpdate
from polydesk_email import threading
from polydesk_email.addresses import mailboxes
from polydesk_email.parse import parse

PLAIN = "From: Nino <nino@x.test>\nTo: support@polydesk.test\nSubject: Hello\nMessage-ID: <m1@x.test>\n"


def read(mail: str | bytes, account: Account, **hints: Any) -> Parsed:
    raw = mail if isinstance(mail, bytes) else mail.replace("\n", "\r\n").encode()
    return parse(Arrival(external_id="1", raw=raw, hints=hints), account)


def message(mail: str | bytes, account: Account, **hints: Any) -> Message:
    made = read(mail, account, **hints)
    assert isinstance(made, Message), made
    return made


# --- Who and to whom ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("Nino <nino@x.test>", [("nino@x.test", "Nino")]),
        ("nino@x.test (Nino B.)", [("nino@x.test", "Nino B.")]),
        ('"B., Nino" <Nino@X.test>', [("nino@x.test", "B., Nino")]),
        ("=?utf-8?q?B=2C_Nino?= <nino@x.test>, a@b.c", [("nino@x.test", "B, Nino"), ("a@b.c", "")]),
        ("<nino@x.test>", [("nino@x.test", "")]),
        ("nino@x.test <nino@x.test>", [("nino@x.test", "")]),
        ("Team: a@b.c, D <d@e.f>;, g@h.i", [("a@b.c", ""), ("d@e.f", "D"), ("g@h.i", "")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?B?TmlubyA8bmlub0B4LnRlc3Q+?=", [("nino@x.test", "Nino")]),
        ("Nino nino@x.test", [("nino@x.test", "Nino")]),
        ('"unclosed <nino@x.test>', [("nino@x.test", "unclosed")]),
        ("nobody", []),
        ("", []),
        ("'a@b.c'", [("a@b.c", "")]),
        ("A <a@b.c>; D <d@e.f>", [("a@b.c", "A"), ("d@e.f", "D")]),
    ],
)
def test_addresses(field: str, expected: list[tuple[str, str]]) -> None:
    assert [(handle.value, handle.name) for handle in mailboxes(field)] == expected


def test_the_sender_is_found_somewhere(account: Account) -> None:
    assert message("Reply-To: r@x.test\nFrom: broken\n\nhi", account).sender == Handle("email", "r@x.test", "broken")
    assert message("Return-Path: <r@x.test>\n\nhi", account).sender.value == "r@x.test"
    assert message("Subject: s\n\nhi", account, envelope_sender="<e@x.test>").sender.value == "e@x.test"
    assert message("From: root\n\nhi", account).sender == Handle("email", "root", "root")
    with pytest.raises(Unreadable, match="names no sender"):
        read("Subject: s\n\nhi", account)
    long = message(f"From: {'x' * 400}@x.test\n\nhi", account)
    assert len(long.sender.value) <= 254
    assert long.notices, "said that it cannot be answered"


def test_recipients_without_ourselves_and_where_answers_go(account: Account) -> None:
    made = message(
        "From: nino@x.test\nTo: support@polydesk.test, d@x.test\nCc: support+x@polydesk.test, C <c@x.test>\n"
        "Reply-To: other@x.test\n\nhi",
        account,
    )
    assert [handle.value for handle in made.recipients] == ["d@x.test"]
    assert made.copied == (Handle("email", "c@x.test", "C"),)
    assert made.answer_to == Handle("email", "other@x.test")


@pytest.mark.parametrize("sender", ["noreply@shop.test", "support@polydesk.test", "wordpress@shop.test"])
def test_whoever_filled_in_a_web_form_is_the_sender(sender: str, account: Account) -> None:
    form = f"From: Shop <{sender}>\nReply-To: Nino <nino@x.test>\nSubject: form\n\nhelp"
    nino = Handle("email", "nino@x.test", "Nino")
    told = msgspec.structs.replace(account, settings=msgspec.structs.replace(account.settings, web_forms=True))
    made = message(form, told)
    assert (made.sender, made.automatic) == (nino, "")
    assert sender in str(made.notices[0])
    assert message(f"From: {sender}\nReply-To: noreply@y.test\n\nhi", told).sender.value == sender
    # Unless told, a no-reply address stays the sender; but a person waits for the answer, and gets it.
    made = message(form, account)
    assert nino in (made.sender, made.answer_to)
    assert made.automatic == ""


# --- Threads --------------------------------------------------------------------------------------------------------


def test_references_nearest_first(account: Account) -> None:
    made = message(PLAIN + "In-Reply-To: <c@x>\nReferences: <a@x> <b@x>\n <c@x>\n\nhi", account)
    assert made.references == ("c@x", "b@x", "a@x")
    assert message(PLAIN + "In-Reply-To: a@x b@x\n\nhi", account).references == ("a@x", "b@x")


def test_a_reply_address_proves_the_conversation(account: Account) -> None:
    address = threading.reply_address("support@polydesk.test", account.client, 77)
    for field in ("To", "Cc", "Delivered-To", "X-Original-To", "Envelope-To"):
        assert message(f"From: a@x.test\n{field}: <{address.upper()}>\n\nhi", account).conversation == 77
    other = threading.reply_address("support@polydesk.test", 2, 77)
    assert message(f"From: a@x.test\nTo: {other}\n\nhi", account).conversation is None, "another client's"
    assert message("From: a@x.test\nTo: support+tabcdefghijklmnop@polydesk.test\n\nhi", account).conversation is None
    catch_all = threading.reply_address("support@polydesk.test", account.client, 78, "reply.polydesk.test")
    assert message(f"From: a@x.test\nTo: {catch_all}\n\nhi", account).conversation == 78
    assert len(address.partition("@")[0]) <= 64


def test_the_mark_in_the_subject(account: Account) -> None:
    assert message("From: a@x.test\nSubject: AW: x [#PD-1042]\n\nhi", account).ticket == 1042
    assert message("From: a@x.test\nSubject: [PD-x] 1042\n\nhi", account).ticket is None


@pytest.mark.parametrize(
    "subject",
    [
        "Lost",
        "Re: Lost",
        "RE: AW: Lost",
        "Antw: SV: Lost",
        "Odp: Lost",
        "Ответ: Lost",
        "回复：Lost",
        "Re[2]: Lost",
        "YNT: Lost",
    ],
)
def test_reply_prefixes_do_not_pile_up(subject: str) -> None:
    assert threading.reply_subject(subject) == "Re: Lost"
    assert threading.reply_subject(f"{subject} [#PD-3]") == "Re: Lost"


def test_forward_prefixes_stay() -> None:
    assert threading.reply_subject("Fwd: Lost") == "Re: Fwd: Lost"
    assert threading.mark("Re: Lost [#PD-3]", 4) == "Re: Lost [#PD-4]"


def test_the_same_mail_by_two_ways_is_one(account: Account) -> None:
    one = message("Received: a\nDelivered-To: a@p\nX-Spam: no\n" + PLAIN + "\nhi\n", account)
    two = message(("Received: b\n\tc\nReturn-Path: <nino@x.test>\n" + PLAIN + "\nhi").encode(), account)
    three = message(PLAIN + "\nother words", account)
    assert one.fingerprint == two.fingerprint != three.fingerprint
    nameless = message("From: a@x.test\n\nhi", account)
    assert nameless.external_id == message("From: a@x.test\n\nhi", account).external_id


# --- Written by a machine -------------------------------------------------------------------------------------------


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


# --- Reports --------------------------------------------------------------------------------------------------------


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


# --- Trust ----------------------------------------------------------------------------------------------------------


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


# --- Parts ----------------------------------------------------------------------------------------------------------


def test_inline_images_and_files(account: Account) -> None:
    made = message(
        """From: a@x.test
Content-Type: multipart/mixed; boundary=o

--o
Content-Type: multipart/related; boundary=r

--r
Content-Type: multipart/alternative; boundary=a

--a

plain words
--a
Content-Type: text/html

<p>rich words</p><img src="cid:logo@x"><img src="http://x.test/pic.png">
--a--
--r
Content-Type: image/png
Content-ID: <logo@x>
Content-Transfer-Encoding: base64

UE5H
--r
Content-Type: image/png; name="unused.png"
Content-ID: <unused@x>
Content-Disposition: inline

raw
--r
Content-Type: image/png
Content-Location: http://x.test/pic.png

located
--r--
--o
Content-Type: application/pdf; name*=utf-8''%C3%BC%2F..%2Fb.pdf
Content-Disposition: attachment

pdf
--o
Content-Type: text/plain; name="../../etc/\u202epasswd"

file
--o--
""",
        account,
    )
    assert made.text == "plain words"
    assert [(file.name, file.inline, file.data) for file in made.attachments] == [
        ("image.png", True, b"PNG"),
        ("unused.png", False, b"raw"),
        ("pic.png", True, b"located"),
        ("ü_.._b.pdf", False, b"pdf"),
        ("passwd", False, b"file"),
    ]
    assert 'src="cid:location.' in made.html


def test_a_forwarded_mail_is_a_file(account: Account) -> None:
    made = message(
        PLAIN + "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nsee\n--o\nContent-Type: message/rfc822\n\n"
        "From: b@x.test\nSubject: =?utf-8?q?f=C3=BCr_dich?=\n\ninner words\n--o--\n",
        account,
    )
    assert made.text == "see"
    assert made.attachments[0].name == "für dich.eml"
    assert b"inner words" in made.attachments[0].data


def test_flowed_text(account: Account) -> None:
    made = message(
        PLAIN + "Content-Type: text/plain; format=flowed; delsp=no\n\nOne long \nline here.\n> quoted \n> goes on\n",
        account,
    )
    assert made.text == "One long line here.\n> quoted goes on"


def test_text_of_html(account: Account) -> None:
    made = message(
        PLAIN + "Content-Type: text/html\n\n<style>x</style><p>One  <b>two</b></p><ul><li>a<li>b</ul>"
        "<table><tr><td>c<td>d</table>e<br>f<script>g</script><div style='display:none'>h</div>",
        account,
    )
    assert made.text == "One two\n\na\nb\n\nc d\n\ne\nf"


def test_remarks(account: Account) -> None:
    tnef = message(PLAIN + "Content-Type: application/ms-tnef; name=winmail.dat\n\nx", account)
    assert "winmail.dat" in str(tnef.notices[0])
    assert tnef.attachments[0].name == "winmail.dat"
    pgp = message(
        PLAIN
        + "Content-Type: multipart/encrypted; boundary=o\n\n--o\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n--o--",
        account,
    )
    assert "PGP" in str(pgp.notices[0])
    event = "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nSUMMARY:Call about\n  order 42\nDTSTART;TZID=X:20260105T100000\nEND:VEVENT\n"
    invite = message(
        PLAIN
        + f"Content-Type: multipart/alternative; boundary=o\n\n--o\n\nsee\n--o\nContent-Type: text/calendar\n\n{event}--o--",
        account,
    )
    assert str(invite.notices[0]) == "Calendar: an invitation to “Call about order 42” on 2026-01-05 10:00."
    assert invite.attachments[0].name == "calendar.ics"


def test_dates(account: Account) -> None:
    assert message(PLAIN + "Date: Mon, 5 Jan 2026 10:00:00 +0400\n\n", account).sent_at == datetime(
        2026, 1, 5, 6, tzinfo=UTC
    )
    for odd in ("yesterday", "Mon, 99 Foo 99999 99:99:99 +9999", "", "5 Jan 26 10:00"):
        message(PLAIN + f"Date: {odd}\n\n", account)


def test_badly_encoded_parts(account: Account) -> None:
    twice = base64.b64encode(b"first,") + b"=\r\n" + base64.b64encode(b"second")
    made = message(
        PLAIN.replace("\n", "\r\n").encode()
        + b"Content-Type: application/x; name=a\r\nContent-Transfer-Encoding: BASE64 \r\n\r\n"
        + twice,
        account,
    )
    assert made.attachments[0].data == b"first,second"
    cut = message(PLAIN + "Content-Transfer-Encoding: base64\n\naGVsbG8gd29ybGQ", account)
    assert cut.text == "hello world"


def test_said_to_be_base64_and_is_not(account: Account) -> None:
    made = message(PLAIN + "Content-Transfer-Encoding: base64\n\nThis is no base64, is it? No!", account)
    assert made.text == "This is no base64, is it? No!"


def test_the_first_text_is_the_message_even_with_a_name(account: Account) -> None:
    made = message(
        PLAIN + "Content-Type: multipart/mixed; boundary=o\n\n--o\nContent-Type: text/plain; name=body.txt\n\nwords\n"
        "--o\nContent-Type: text/plain; name=log.txt\n\nlog\n--o--",
        account,
    )
    assert (made.text, [file.name for file in made.attachments]) == ("words", ["log.txt"])

"""Who wrote to whom, and which mail it answers."""

from __future__ import annotations

import msgspec
import pytest

from polydesk import Unreadable
from polydesk.types import Account, Handle
from polydesk_email import threading
from polydesk_email.addresses import mailboxes

from .reading import PLAIN, message, read


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

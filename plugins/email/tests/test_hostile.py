"""Mail made to hurt: each is answered in seconds, with a message or a reason, never with an unexpected error."""

# ruff: noqa: E501 - mail as programs write it

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest

from polydesk import PolydeskError
from polydesk.types import Account, Arrival, Message, Parsed
from polydesk_email import limits
from polydesk_email.parse import parse

HEAD = b"From: a@x.test\r\nSubject: s\r\n"
HTML = HEAD + b"Content-Type: text/html\r\n\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"


def nested(levels: int, innermost: bytes) -> bytes:
    mail = innermost
    for n in range(levels):
        mail = b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n%b\r\n--b%d--\r\n" % (n, n, mail, n)
    return HEAD + mail


MAILS: dict[str, Callable[[], bytes]] = {
    "20,000 header lines": lambda: b"".join(b"X-%d: v\r\n" % n for n in range(20_000)) + HEAD + b"\r\nhi",
    "20,000 folded lines": lambda: b"X: a\r\n" + b" b\r\n" * 20_000 + HEAD + b"\r\nhi",
    "200,000 lines of junk": lambda: HEAD + b"junk line\r\n" * 200_000 + b"Date: x\r\n\r\nhi",
    "2,000 recipients": lambda: HEAD + b"To: " + b", ".join(b"<r%d@x.test>" % n for n in range(2_000)) + b"\r\n\r\nhi",
    "only brackets": lambda: HEAD + b"To: " + b"<" * 250_000 + b"\r\n\r\nhi",
    "only quotes": lambda: HEAD + b"To: " + b'"' * 250_001 + b"\r\n\r\nhi",
    "only parentheses": lambda: HEAD + b"To: " + b"(" * 250_000 + b"\r\n\r\nhi",
    "20,000 references": lambda: (
        HEAD + b"References: " + b" ".join(b"<%d@x>" % n for n in range(20_000)) + b"\r\n\r\nhi"
    ),
    "encoded words without end": lambda: b"From: a@x.test\r\nSubject: " + b"=?" * 100_000 + b"\r\n\r\nhi",
    "no boundary": lambda: HEAD + b"Content-Type: multipart/mixed\r\n\r\nhi\r\n--x\r\n",
    "1,000 levels": lambda: nested(1_000, b"\r\ninnermost"),
    "20 levels of 48 MB": lambda: nested(20, b"\r\n" + b"x\r\n" * 16_000_000),
    "5,000 parts": lambda: MIXED + b"--b\r\n\r\nx\r\n" * 5_000 + b"--b--",
    "only NUL": lambda: HEAD + b"\r\n" + b"\0" * 1_000_000,
    "50 MB of text": lambda: HEAD + b"\r\n" + b"words and words\r\n" * 3_000_000,
    "50 MB in a file": lambda: (
        MIXED
        + b"--b\r\nContent-Type: application/x; name=a\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + (b"QUJD" * 19 + b"\r\n") * 640_000
        + b"--b--"
    ),
    "200 MB": lambda: HEAD + b"\r\n" + b"words and words\r\n" * 12_000_000,
    "100,000 nested divs": lambda: HTML + b"<div>" * 100_000 + b"x",
    "30,000 nested tables": lambda: HTML + b"<table><tr><td>" * 30_000 + b"x",
    "20,000 nested quotes": lambda: HTML + b"hi<blockquote type=cite>" * 20_000,
    "20,000 quotes in a row": lambda: HTML + b"hi" + b"<blockquote type=cite>a</blockquote>b" * 20_000,
    "quoted-printable of =": lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * 5_000_000,
    "every byte": lambda: HEAD + b"Subject: " + bytes(range(128, 256)) + b"\r\n\r\n" + bytes(range(256)) * 20_000,
    "unknown charset": lambda: HEAD + b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe\xfd",
    "a charset that is no charset": lambda: HEAD + b"Content-Type: text/plain; charset=zip\r\n\r\nx\x9c",
    "nothing": lambda: b"",
    "only a newline": lambda: b"\r\n",
    "old Mac": lambda: HEAD.replace(b"\r\n", b"\r") + b"\rhi",
}


def read(raw: bytes, account: Account) -> Parsed | str:
    try:
        return parse(Arrival(external_id="1", raw=raw), account)
    except PolydeskError as error:
        return str(error)


@pytest.mark.parametrize("name", MAILS)
def test_bounded(name: str, account: Account) -> None:
    raw = MAILS[name]()
    started = time.monotonic()
    made = read(raw, account)
    assert time.monotonic() - started < 10.0
    if name in ("nothing", "only a newline"):
        assert "names no sender" in str(made)
        return
    assert isinstance(made, Message)
    assert made.sender.value == "a@x.test"
    assert "\0" not in made.text + made.html + made.subject
    made.text.encode()
    made.subject.encode()
    assert len(made.text) <= limits.MAX_TEXT
    assert len(made.recipients) <= limits.MAX_RECIPIENTS
    assert len(made.references) <= limits.MAX_REFERENCES
    if name in ("1,000 levels", "5,000 parts", "50 MB of text", "200 MB", "no boundary", "100,000 nested divs"):
        assert made.notices, "what was left aside is said"


def test_random_damage_is_never_unexpected(account: Account) -> None:
    """Real mails of this test folder, damaged in ten thousand ways, give a message or a reason."""
    chance = random.Random(7)
    seeds = [make() for name, make in MAILS.items() if name in ("no boundary", "unknown charset", "every byte")]
    seeds.append(
        MIXED + b'--b\r\nContent-Type: multipart/alternative; boundary="c"\r\n\r\n--c\r\n\r\nhi\r\n--c\r\n'
        b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
        b"<p>h=C3=BC</p><div class=3Dgmail_quote>On 5 Jan Nino wrote:<blockquote>x</blockquote></div>\r\n--c--\r\n"
        b"--b\r\nContent-Type: image/png; name*0*=utf-8''%C3; name*1=x\r\nContent-ID: <i@x>\r\n\r\nPNG\r\n--b--\r\n"
    )
    seeds.append(
        b"Return-Path: <>\r\nFrom: mailer-daemon@x.test\r\nContent-Type: multipart/report; report-type=delivery-status;"
        b" boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nAction: failed\r\n--b--"
    )
    for _ in range(10_000):
        raw = bytearray(chance.choice(seeds)[:3_000])
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(raw))
            raw[at : at + chance.randint(0, 9)] = chance.randbytes(chance.randint(0, 6))
        read(bytes(raw), account)

"""Texts, pictures and files of a mail, as programs write them."""

# ruff: noqa: E501 - mail as programs write it

from __future__ import annotations

import base64
from datetime import UTC, datetime

from polydesk.types import Account

from .reading import PLAIN, message


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

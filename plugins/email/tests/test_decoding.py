"""Words come out right whatever charset they are in, declared or not."""

from __future__ import annotations

import pytest

from polydesk_email import decode, guess
from polydesk_email.headers import parameters, words

SAMPLES = [
    ("Привет, где мой заказ?", "cp1251"),
    ("Привет", "cp1251"),
    ("Доброго дня, де моє замовлення?", "cp1251"),
    ("Здравствуйте! Где заказ", "koi8-r"),
    ("你好，我的订单在哪里？", "gb18030"),
    ("你好", "gb18030"),
    ("您好，我的訂單在哪裡？", "big5"),
    ("注文はどこにありますか。", "cp932"),
    ("注文はどこにありますか。", "euc_jp"),
    ("제 주문은 어디에 있나요?", "cp949"),
    ("Grüße aus Köln, wo bleibt mein Päckchen?", "cp1252"),
    ("L’été à la plage", "cp1252"),
    ("Zażółć gęślą jaźń", "cp1250"),
    ("Καλημέρα, πού είναι η παραγγελία μου;", "cp1253"),
    ("שלום, איפה ההזמנה שלי", "cp1255"),
    ("مرحبا، أين طلبي", "cp1256"),
    ("สวัสดีครับ", "cp874"),
]


@pytest.mark.parametrize(("text", "encoding"), SAMPLES)
def test_undeclared_bytes(text: str, encoding: str) -> None:
    assert decode.text(text.encode(encoding)) == text, guess.encoding(text.encode(encoding))


@pytest.mark.parametrize(
    ("data", "declared", "text"),
    [
        ("5 € – “ja”".encode("cp1252"), "iso-8859-1", "5 € – “ja”"),
        ("Größe".encode(), "iso-8859-1", "Größe"),
        ("Größe".encode(), "us-ascii", "Größe"),
        ("镕基㐀".encode("gb18030"), "gb2312", "镕基㐀"),
        ("똠방각하".encode("cp949"), "ks_c_5601-1987", "똠방각하"),
        ("①㈱".encode("cp932"), "shift_jis", "①㈱"),
        (b"\x1b$B-!8e\x1b(B", "iso-2022-jp", "①後"),
        ("привет".encode("koi8-r"), "koi8-r", "привет"),
        (b"+ANw-bung", "unicode-1-1-utf-7", "Übung"),
        ("Größe".encode(), "klingon", "Größe"),
        (b"a\x00b", "utf-8", "ab"),
        ("\ufeffmark".encode(), "", "mark"),
        ("Größe".encode() + b"\xc3", "utf-8", "Größe\ufffd"),
        (b"abc", "base64", "abc"),
        (b"abc", "x" * 5000, "abc"),
    ],
)
def test_declared_wrong_or_wider(data: bytes, declared: str, text: str) -> None:
    assert decode.text(data, declared) == text


@pytest.mark.parametrize(
    ("raw", "decoded"),
    [
        ("=?utf-8?q?Gr=C3=B6=C3=9Fe?=", "Größe"),
        ("=?utf-8?B?R3LDtsOfZQ?=", "Größe"),
        ("=?utf-8?b?ww==?= =?utf-8?b?pMO2?=", "äö"),
        ("=?utf-8?q?a?= =?utf-8?q?b?= c", "ab c"),
        ("=?utf-8?q?with space?=", "with space"),
        ("=?iso-8859-1*de?q?=FC?=", "ü"),
        ('"=?koi8-r?b?8NLJ18XU?="', '"Привет"'),
        ("=?utf-8?x?nothing?=", "=?utf-8?x?nothing?="),
        ("=?utf-8?q?what??= now", "what? now"),
        ("=?utf-8?q?a?=3D?=", "a?="),
        ("=?", "=?"),
    ],
)
def test_encoded_words(raw: str, decoded: str) -> None:
    assert words(raw) == decoded


def test_continued_and_sloppy_parameters() -> None:
    found = parameters(
        "; filename*0*=UTF-8''%D0%9F%D1%80%D0; filename*1*=%B8%D0%B2; filename*2=\" end.pdf\""
        '; name=My File (1).pdf; x="q\\"q"'
    )
    assert found == {"filename": "Прив end.pdf", "name": "My File (1).pdf", "x": 'q"q'}
    assert parameters('; name="=?utf-8?q?f=C3=BC.txt?="') == {"name": "fü.txt"}

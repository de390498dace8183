"""What strangers send: bytes that are nothing, words in every script, and real arrivals with something wrong."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

BYTES: tuple[bytes, ...] = (
    b"",
    b"\x00",
    b"{}",
    b"[]",
    b"null",
    b"true",
    b"0",
    b'""',
    b"\xff\xfe\xfd",
    b'"\\ud800"',
    b"[" * 50_000,
    b'{"a":' * 5_000,
    b"1" * 5_000,
    b'{"a":1e400}',
    b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
    b"From: \r\n\r\n",
    b"=&=&a=&%ff=%00",
    b"A" * 300_000,
)
WORDS: tuple[str, ...] = (
    "مرحبا، أين طلبي رقم 1042؟",
    "שלום עולם 123 abc",
    "გამარჯობა",
    "👩‍👩‍👧‍👦 🇬🇪 👍🏽",
    "नमस्ते दुनिया",
    "e\u0301 \u202eevil\u202c \u2066isolated\u2069",
    "<b>bold</b> & <script>alert(1)</script> %s {name} \\n",
    "before\x00after",
    "line one\nline two",
    "long " * 300 + "end",
)
_ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    2**70,
    1e308,
    "",
    "\x00",
    " ",
    [],
    {},
    [None],
    [[]],
    {"": None},
    "a" * 3000,
    "١٢٣",
    "-",
    "1",
    "0x1",
    "\ud7ff\U0001f600",
    {"id": {}},
    [{}],
    0,
    "9" * 400,
    "2026-13-45T99:99:99Z",
    "http://[::1",
    "../../etc/passwd",
)


def warped(real: list[bytes]) -> st.SearchStrategy[bytes]:
    """Bytes near to what really arrives, and some that are not."""
    chosen = [st.binary(max_size=200), st.sampled_from(BYTES[:10])]
    for raw in real:
        chosen += [_cut(raw), _changed(raw)]
        try:
            value = json.loads(raw)
        except (ValueError, RecursionError):
            continue
        # What a service's own software may send one day: the same shape with a value of another kind.
        chosen += [_replaced(value)] * 4
    return st.one_of(chosen)


def _cut(raw: bytes) -> st.SearchStrategy[bytes]:
    return st.integers(0, len(raw)).map(lambda length: raw[:length])


def _changed(raw: bytes) -> st.SearchStrategy[bytes]:
    def change(edits: list[tuple[int, int]]) -> bytes:
        made = bytearray(raw or b" ")
        for place, byte in edits:
            made[place % len(made)] = byte
        return bytes(made)

    return st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=4).map(change)


@st.composite
def _replaced(draw: st.DrawFn, value: Any) -> bytes:
    copy = json.loads(json.dumps(value))
    for _time in range(draw(st.integers(1, 2))):
        copy = _replace(draw, copy)
    return json.dumps(copy).encode()


def _replace(draw: st.DrawFn, value: Any) -> Any:
    """Walk down at random; somewhere put in another value, or leave one out."""
    keys: list[Any] = (
        list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    )
    if not keys or draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(_ODD))
    key = draw(st.sampled_from(keys))
    if draw(st.integers(0, 5)) == 0:
        del value[key]
        return value
    value[key] = _replace(draw, value[key])
    return value

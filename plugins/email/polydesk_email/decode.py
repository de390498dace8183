"""Bytes to text whatever charset is declared, missing, wrong or unknown; never raises and never guesses for long."""

from __future__ import annotations

import codecs
import re

from polydesk_email import guess

_WIDER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
}
"""Charsets often declared for a wider one: Outlook says gb2312 and sends gb18030."""
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
    "x-windows-949": "cp949",
    "unicode-1-1-utf-7": "utf-7",
    "utf-8mb4": "utf-8",
    "utf8mb4": "utf-8",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "cp-850": "cp850",
    "ansi_x3.110-1983": "cp1252",
    "x-unknown": "",
    "unknown-8bit": "",
    "unknown": "",
    "default": "",
    "binary": "",
}
_SAMPLE = 4_096
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_JIS_RUN = re.compile(rb"\x1b\$[@B]([^\x1b]*)|\x1b\([BJI]|\x1b\$\([A-D]")
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


def text(data: bytes, charset: str = "") -> str:
    """Decode as declared if that can be true, then as UTF-8, then as what it looks like."""
    if data.isascii() and charset in ("", "utf-8", "us-ascii", "iso-8859-1", "windows-1252"):
        return clean(data.decode("ascii"))
    return clean(_decode(data, charset))


def clean(value: str) -> str:
    """Without NUL and lone surrogates, which neither PostgreSQL nor UTF-8 can hold."""
    return _UNSTORABLE.sub("", value)


def codec(charset: str) -> str:
    """Python's name for a declared charset; "" when it is none that can be decoded from bytes."""
    name = charset.strip().strip("\"'").lower()
    name = _ALIASES.get(name, name)
    if not name or len(name) > 40:
        return ""
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    return info.name if info._is_text_encoding else ""


def _decode(data: bytes, charset: str) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    name = codec(charset)
    if name in ("", "ascii", "iso8859-1", "cp1252", "utf-8"):
        # Latin letters never form valid UTF-8 by chance, so UTF-8 wins over a Western or missing declaration.
        utf8 = _strict(data, "utf-8")
        if utf8 is not None:
            return utf8
        if name == "utf-8" and _mostly_utf8(data):
            return data.decode("utf-8", "replace")
    if name and name not in ("ascii", "utf-8"):
        for candidate in (_WIDER.get(name, name), name):
            decoded = _strict(data, candidate)
            if decoded is not None:
                return decoded
        if name.startswith("iso2022_jp"):
            return _wide_jis(data)
        utf8 = _strict(data, "utf-8")
        if utf8 is not None:
            return utf8
        if name not in ("cp1252", "iso8859-1"):
            return data.decode(_WIDER.get(name, name), "replace")
    return data.decode(guess.encoding(data), "replace")


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError, ValueError):
        return None


def _mostly_utf8(data: bytes) -> bool:
    """Cut or slightly damaged UTF-8 reads better with a few marks than as another charset."""
    sample = data[:_SAMPLE].decode("utf-8", "replace")
    good = sum(character > "\x7f" and character != "\ufffd" for character in sample)
    return good >= 2 * sample.count("\ufffd")


def _wide_jis(data: bytes) -> str:
    """ISO-2022-JP with the NEC and IBM characters (①, ㈱) that the standard lacks: shifted over to cp932."""
    out: list[str] = []
    position = 0
    for run in _JIS_RUN.finditer(data):
        out.append(data[position : run.start()].decode("cp932", "replace"))
        pairs = run.group(1)
        if pairs:
            out.append(
                b"".join(_shifted(pairs[i], pairs[i + 1]) for i in range(0, len(pairs) - 1, 2)).decode(
                    "cp932", "replace"
                )
            )
        position = run.end()
    out.append(data[position:].decode("cp932", "replace"))
    return "".join(out)


def _shifted(row: int, cell: int) -> bytes:
    if not (0x21 <= row <= 0x7E and 0x21 <= cell <= 0x7E):
        return bytes((row & 0x7F, cell & 0x7F))
    lead = ((row - 0x21) >> 1) + 0x81
    if lead > 0x9F:
        lead += 0x40
    if row % 2:
        trail = cell + 0x1F
        if trail >= 0x7F:
            trail += 1
    else:
        trail = cell + 0x7E
    return bytes((lead, trail))

"""A file as a spreadsheet wrote it: in which encoding, parted by what, with or without a line of headings."""

from __future__ import annotations

import codecs
import csv
import io

import msgspec

from polydesk import N_, Text
from polydesk.errors import PolydeskError

LARGEST, MOST_LINES, MOST_COLUMNS = 20_000_000, 100_000, 100
ENCODINGS = {
    "utf-8": Text(N_("UTF-8")),
    "utf-16": Text(N_("Unicode text (UTF-16)")),
    "cp1252": Text(N_("Windows, Western Europe")),
    "cp1250": Text(N_("Windows, Central Europe")),
    "cp1251": Text(N_("Windows, Cyrillic")),
    "cp1253": Text(N_("Windows, Greek")),
    "cp1254": Text(N_("Windows, Turkish")),
    "cp1255": Text(N_("Windows, Hebrew")),
    "cp1256": Text(N_("Windows, Arabic")),
    "cp1257": Text(N_("Windows, Baltic")),
    "mac_roman": Text(N_("Older Macs, Western Europe")),
}
DELIMITERS = {",": Text(N_("Comma")), ";": Text(N_("Semicolon")), "\t": Text(N_("Tab")), "|": Text(N_("Bar"))}
# What Windows writes where these languages are spoken.
_LEGACY = {
    "ar": "cp1256", "fa": "cp1256", "el": "cp1253", "tr": "cp1254", "az": "cp1254", "he": "cp1255",
    "ru": "cp1251", "uk": "cp1251", "bg": "cp1251", "be": "cp1251", "sr": "cp1251", "mk": "cp1251",
    "pl": "cp1250", "cs": "cp1250", "sk": "cp1250", "hu": "cp1250", "sl": "cp1250", "hr": "cp1250", "ro": "cp1250",
    "lt": "cp1257", "lv": "cp1257", "et": "cp1257",
}  # fmt: skip
_LOOKED_AT = 50


class NoSheet(PolydeskError):
    """Why a file cannot be read."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of cells, each with the number of the line it begins on."""

    encoding: str
    delimiter: str
    rows: list[tuple[int, list[str]]]


def guess_encoding(data: bytes, language: str = "") -> str:
    """By its mark, else by what can be read; else what Windows writes where `language` is spoken."""
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or data[1:400:2].count(0) > len(data[1:400:2]) // 2:
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return _LEGACY.get(language.split("-", maxsplit=1)[0].lower(), "cp1252")
    return "utf-8"


def decoded(data: bytes, encoding: str) -> str:
    """The text; what cannot be read in this encoding is shown as such rather than refused."""
    if encoding == "utf-16":
        marked = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        return data.decode("utf-16" if marked else "utf-16-le", "replace")
    return data.decode("utf-8-sig" if encoding == "utf-8" else encoding, "replace")


def guess_delimiter(text: str) -> str:
    """What says so itself (`sep=;`), else what parts most lines into equally many cells."""
    head = text[:20].lower()
    if head.startswith("sep=") and head[4:5] in DELIMITERS:
        return head[4]
    best, found = (0, 0), ","
    for delimiter in DELIMITERS:
        lines = [row for row in _parted("\n".join(text.splitlines()[:_LOOKED_AT]), delimiter) if row]
        widths = [len(row) for row in lines]
        usual = max(set(widths), key=widths.count) if widths else 1
        score = (widths.count(usual), usual) if usual > 1 else (0, 0)
        if score > best:
            best, found = score, delimiter
    return found


def read(data: bytes, *, encoding: str = "", delimiter: str = "", language: str = "") -> Sheet:
    """Rows without the empty ones. Raises `NoSheet` for what is no such file."""
    if len(data) > LARGEST:
        raise NoSheet(Text(N_("The file is larger than {size} MB."), {"size": LARGEST // 1_000_000}))
    if data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")):
        raise NoSheet(Text(N_("This is no CSV file: save the sheet as CSV first.")))
    encoding = encoding if encoding in ENCODINGS else guess_encoding(data, language)
    text = decoded(data, encoding).lstrip("\ufeff").replace("\x00", "")
    delimiter = delimiter if delimiter in DELIMITERS else guess_delimiter(text)
    rows: list[tuple[int, list[str]]] = []
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    line = 1
    try:
        for cells in reader:
            said = line == 1 and len(cells) <= 2 and text[:4].lower() == "sep="
            if any(cell.strip() for cell in cells) and not said:
                rows.append((line, [cell.strip() for cell in cells[:MOST_COLUMNS]]))
            line = reader.line_num + 1
    except csv.Error as error:
        raise NoSheet(
            Text(N_("Line {line} cannot be read: {reason}"), {"line": reader.line_num, "reason": str(error)})
        ) from None
    if not rows:
        raise NoSheet(Text(N_("The file is empty.")))
    if len(rows) > MOST_LINES + 1:
        raise NoSheet(Text(N_("The file has more than {count} lines."), {"count": MOST_LINES}))
    return Sheet(encoding=encoding, delimiter=delimiter, rows=rows)


def _parted(text: str, delimiter: str) -> list[list[str]]:
    try:
        return list(csv.reader(io.StringIO(text), delimiter=delimiter))
    except csv.Error:
        return []

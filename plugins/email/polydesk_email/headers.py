"""Header fields as people wrote them: encoded words, raw 8-bit bytes, continued parameters, all tolerant."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterable
from urllib.parse import unquote_to_bytes

from polydesk_email import decode

_WORD = re.compile(
    r"=\?([^?\s]{1,60})\?(?:([bB])\?([^?]*)|([qQ])\?(.{0,1000}?))\?=(?![0-9A-F]{2})", re.ASCII | re.DOTALL
)
_BETWEEN_WORDS = re.compile(r"(\?=)[ \t\r\n]+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
_HEX = re.compile(rb"=([0-9A-Fa-f]{2})")
_PARAMETER = re.compile(r';?\s*([^\s=;"]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)')
_BLANKS = re.compile(r"\s+")
_MAX_PARAMETERS = 8_000


class Headers:
    """The fields of one part, by lower-case name; values are decoded when asked for."""

    __slots__ = ("charset", "fields", "order")

    def __init__(self, fields: Iterable[tuple[str, bytes]]) -> None:
        self.order = list(fields)
        self.fields: dict[str, list[bytes]] = {}
        self.charset = ""
        for name, value in self.order:
            self.fields.setdefault(name, []).append(value)

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def raw(self, name: str) -> str:
        """The first field of this name with its encoded words left in place; "" when there is none."""
        values = self.fields.get(name)
        return self._text(values[0]) if values else ""

    def first(self, name: str) -> str:
        """The same, stripped: for fields that hold no prose."""
        return self.raw(name).strip()

    def all(self, name: str) -> list[str]:
        """Every field of this name, top one first."""
        return [self._text(value).strip() for value in self.fields.get(name, ())]

    def prose(self, name: str) -> str:
        """The decoded words of the first field of this name, blanks collapsed."""
        return collapse(words(self.raw(name)))

    def _text(self, value: bytes) -> str:
        return value.decode("ascii") if value.isascii() else decode.text(value, self.charset)


def collapse(value: str) -> str:
    """One line, single blanks, none at the ends."""
    return _BLANKS.sub(" ", decode.clean(value)).strip()


def words(value: str) -> str:
    """Replace encoded words (RFC 2047), joining neighbours of one charset first: mailers cut inside characters."""
    if "=?" not in value:
        return value
    value = _BETWEEN_WORDS.sub(r"\1", value)
    out: list[str] = []
    pending, charset = b"", ""
    position = 0
    for match in _WORD.finditer(value):
        name = match.group(1).partition("*")[0].lower()
        data = _word_bytes(match.group(2), match.group(3)) if match.group(2) else _word_bytes("q", match.group(5))
        if match.start() != position or name != charset:
            out.append(decode.text(pending, charset))
            pending = b""
        out.append(value[position : match.start()])
        pending, charset, position = pending + data, name, match.end()
    out.append(decode.text(pending, charset))
    out.append(value[position:])
    return "".join(out)


def _word_bytes(encoding: str, text: str) -> bytes:
    data = text.encode("utf-8", "replace")
    if encoding in "qQ":
        return _HEX.sub(lambda match: bytes((int(match.group(1), 16),)), data.replace(b"_", b" "))
    return base64(data)


def base64(data: bytes) -> bytes:
    """Decode base64 with wrong padding, stray characters or a cut end."""
    try:
        return binascii.a2b_base64(data)
    except binascii.Error:
        letters = re.sub(rb"[^A-Za-z0-9+/]", b"", data)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def parameters(value: str) -> dict[str, str]:
    """`; name=value` pairs, with RFC 2231 pieces put together and encoded words decoded."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[int, bool, str]]] = {}
    for match in _PARAMETER.finditer(value[:_MAX_PARAMETERS]):
        name, text = match.group(1).lower(), match.group(2).strip()
        if text[:1] == '"':
            text = re.sub(r"\\(.)", r"\1", text[1:-1] if text[-1:] == '"' and len(text) > 1 else text[1:])
        base, star, rest = name.partition("*")
        if not star:
            plain.setdefault(name, collapse(words(text)))
        else:
            number = rest.rstrip("*")
            pieces.setdefault(base, []).append(
                (int(number) if number.isdecimal() else 0, rest.endswith("*") or not rest, text)
            )
    for base, found in pieces.items():
        plain[base] = _joined(sorted(found, key=lambda piece: piece[0]))
    return plain


def _joined(pieces: list[tuple[int, bool, str]]) -> str:
    charset, data = "", b""
    for index, (_, encoded, text) in enumerate(pieces):
        piece = text
        if index == 0 and encoded and piece.count("'") >= 2:
            charset, _, piece = piece.split("'", 2)
        data += unquote_to_bytes(piece) if encoded else piece.encode("utf-8", "replace")
    return collapse(words(decode.text(data, charset.lower())))

"""The tree of parts of a raw mail, by offsets into the bytes: nothing is copied and every limit holds while reading.

The standard library's parser walks line by line, copies every body and recurses per level. Here boundaries are found by
search, so the cost is that of looking at the bytes once per level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from polydesk_email import limits
from polydesk_email.headers import Headers, parameters

_FIELD = re.compile(rb"([!-9;-~]{1,2000})[ \t]*:")
_LF = 10
_LINE_END = re.compile(rb"[ \t]*(?:\r?\n|\r?\Z)")
_EMPTY = re.compile(rb"\n\r?\n")
_KNOWN = re.compile(
    rb"^(?:from|to|subject|date|message-id|mime-version|return-path|reply-to|received"
    rb"|content-(?:type|transfer-encoding|disposition))[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)
_GUESSED_BOUNDARY = re.compile(rb"(?:^|\n)--([^\s][^\r\n]{0,200}?)[ \t]*\r?\n(?=[Cc]ontent-)")


@dataclass(slots=True)
class Part:
    """One part: its headers, its media type, and where its body lies in `raw`."""

    raw: bytes
    headers: Headers
    start: int
    end: int
    media_type: str
    params: dict[str, str]
    children: list[Part] = field(default_factory=list)

    @property
    def main(self) -> str:
        """The word before the slash: "text", "multipart"…"""
        return self.media_type.partition("/")[0]

    def body(self) -> bytes:
        """The body as it stands, still in its transfer encoding."""
        return self.raw[self.start : self.end]


@dataclass(slots=True)
class Tree:
    """A parsed mail: its root, and which limits it broke ("fields", "parts", "depth", "size", "boundary")."""

    root: Part
    broken: set[str] = field(default_factory=set)
    parts: int = 0
    charset: str = ""
    """The first charset declared anywhere: the best guess for raw 8-bit header fields."""


def parse(raw: bytes) -> Tree:
    """Read the whole tree. Anything that is not understood becomes the body of the part it stands in."""
    broken: set[str] = set()
    if len(raw) > limits.MAX_RAW:
        raw = raw[: limits.MAX_RAW]
        broken.add("size")
    if b"\n" not in raw[:100_000] and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    start = 0
    while start < len(raw) and raw[start] in b"\r\n \t":
        start += 1
    root, charset = _part(raw, start, len(raw), "text/plain", broken, "")
    tree = Tree(root, broken, 1, charset)
    _divide(tree, root, 0)
    root.headers.charset = tree.charset
    return tree


def _part(raw: bytes, start: int, end: int, default: str, broken: set[str], charset: str) -> tuple[Part, str]:
    """One part, and the charset that is now the best guess for raw bytes in later headers."""
    fields, body = read_fields(raw, start, end, broken)
    headers = Headers(fields)
    headers.charset = charset
    media_type, params = content_type(headers, default)
    if params.get("charset", charset) != charset and not charset:
        charset = headers.charset = params["charset"]
        media_type, params = content_type(headers, default)
    return Part(raw, headers, body, end, media_type, params), charset


def content_type(headers: Headers, default: str) -> tuple[str, dict[str, str]]:
    """The declared media type in lower case, or the default when it is missing or nonsense."""
    value = headers.first("content-type")
    if not value:
        return default, {}
    declared, _, rest = value.partition(";")
    media_type = declared.strip().strip('"').lower()
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", media_type):
        media_type = {"text": "text/plain", "html": "text/html", "text/": "text/plain"}.get(media_type, default)
    return media_type, parameters(rest)


def read_fields(raw: bytes, start: int, end: int, broken: set[str]) -> tuple[list[tuple[str, bytes]], int]:
    """Header fields, unfolded, and where the body starts: after the empty line, or at a line that is no field."""
    fields: list[tuple[str, bytes]] = []
    stop = min(end, start + limits.MAX_HEADER_BYTES)
    name, value = "", [b""]
    position = start
    last_known = -1
    while position < end:
        newline = raw.find(b"\n", position, end)
        after = end if newline < 0 else newline + 1
        line = raw[position : end if newline < 0 else newline].rstrip(b"\r")
        if not line:
            position = after
            break
        if line[:1] in b" \t" and name:
            value.append(line)
        elif match := _FIELD.match(line):
            if name:
                fields.append((name, b"".join(value)[: limits.MAX_VALUE]))
            name, value = match.group(1).decode("ascii").lower(), [line[match.end() :]]
        elif position < (last_known := _last_known(raw, start, stop) if last_known < 0 else last_known):
            value.append(line)  # junk between fields: what a relay or a faulty program left there
        elif position != start or not line.startswith((b"From ", b">From ")):
            break  # no empty line before the body
        position = after
        if position >= stop or len(fields) >= limits.MAX_FIELDS:
            broken.add("fields")
            position = _after_headers(raw, position, end)
            break
    if name:
        fields.append((name, b"".join(value)[: limits.MAX_VALUE]))
    return fields, position


def _last_known(raw: bytes, start: int, stop: int) -> int:
    """Where the last line before the first empty one stands that surely is a header field; 0 when there is none."""
    empty = _EMPTY.search(raw, start, stop)
    return max((match.start() for match in _KNOWN.finditer(raw, start, empty.start() if empty else stop)), default=0)


def _after_headers(raw: bytes, position: int, end: int) -> int:
    empty = _EMPTY.search(raw, position - 1, end)
    return empty.end() if empty else end


def _divide(tree: Tree, part: Part, depth: int) -> None:
    if part.main != "multipart":
        return
    if depth >= limits.MAX_DEPTH:
        tree.broken.add("depth")
        part.media_type = "application/octet-stream"
        return
    spans = _spans(part)
    if spans is None:
        tree.broken.add("boundary")
        part.media_type = "text/plain"
        return
    default = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    for start, end in spans:
        if tree.parts >= limits.MAX_PARTS:
            tree.broken.add("parts")
            return
        tree.parts += 1
        child, tree.charset = _part(part.raw, start, end, default, tree.broken, tree.charset)
        part.children.append(child)
        _divide(tree, child, depth + 1)


def _spans(part: Part) -> list[tuple[int, int]] | None:
    """Where the children lie; None when no boundary is declared, found or guessed."""
    boundary = part.params.get("boundary", "").encode("utf-8", "surrogateescape")
    spans = _between(part, boundary.rstrip()) if boundary.strip() else []
    if not spans:
        guess = _GUESSED_BOUNDARY.search(part.raw, part.start, min(part.end, part.start + 200_000))
        spans = _between(part, guess.group(1).removesuffix(b"--")) if guess else []
    return spans or None


def _between(part: Part, boundary: bytes) -> list[tuple[int, int]]:
    """What lies between lines that are `--boundary`. Found by substring search: fast even in 50 MB of short lines."""
    raw, end = part.raw, part.end
    marker = b"--" + boundary
    spans: list[tuple[int, int]] = []
    opened = -1
    position = part.start
    while len(spans) <= limits.MAX_PARTS and (position := raw.find(marker, position, end)) >= 0:
        found, position = position, position + len(marker)
        if found > part.start and raw[found - 1] != _LF:
            continue
        closes = raw[position : position + 2] == b"--"
        rest = _LINE_END.match(raw, position + 2 if closes else position, end)
        if rest is None:
            continue
        if opened >= 0:
            before = found - 2 if raw[found - 2 : found] == b"\r\n" else found - 1
            spans.append((opened, max(opened, before)))
        if closes:
            return spans
        opened = position = rest.end()
    if 0 <= opened < end:
        spans.append((opened, end))
    return spans

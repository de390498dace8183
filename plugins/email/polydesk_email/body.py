"""Which parts are the message and which are files: the words in plain and rich form, in reading order."""

from __future__ import annotations

import html as markup
import re
from dataclasses import dataclass, field

from polydesk_email import decode, limits
from polydesk_email.attachments import is_file
from polydesk_email.html_text import shallow
from polydesk_email.structure import Part
from polydesk_email.transfer import decoded

_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_LINE_ENDS = re.compile(r"\r\n?|\u2028|\u2029|\x0b|\x0c")


@dataclass(slots=True)
class Block:
    """A stretch of the message: plain, rich, or both forms of the same words."""

    plain: str = ""
    rich: str = ""


@dataclass(slots=True)
class Content:
    """What the walk found."""

    blocks: list[Block] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)
    """Media types met on the way, for remarks (encrypted, calendar…)."""
    cut: bool = False

    def plain(self) -> str:
        """All plain words; "" unless every block that has words has plain ones."""
        if any(block.rich and not block.plain.strip() for block in self.blocks):
            return ""
        return "\n".join(block.plain for block in self.blocks if block.plain)

    def rich(self) -> str:
        """All rich words, plain stretches among them escaped; "" when there is no HTML at all."""
        if not any(block.rich for block in self.blocks):
            return ""
        return "\n".join(block.rich or _as_html(block.plain) for block in self.blocks)


def read(root: Part) -> Content:
    """Walk the tree; its depth and number of parts were limited when it was read."""
    content = Content()
    _walk(root, content)
    return content


def _walk(part: Part, content: Content) -> None:
    content.kinds.add(part.media_type)
    if part.main != "multipart":
        _leaf(part, content)
    elif part.media_type == "multipart/alternative":
        _alternative(part, content)
    elif part.media_type in ("multipart/report", "multipart/signed"):
        for child in part.children[:1]:
            _walk(child, content)
        _take_files(part.children[1:], content)
    elif part.media_type == "multipart/related":
        _related(part, content)
    elif part.media_type == "multipart/encrypted":
        _take_files(part.children, content)
    else:
        for child in part.children:
            _walk(child, content)


def _leaf(part: Part, content: Content) -> None:
    if part.media_type not in ("text/plain", "text/html") or is_file(part, first=not content.blocks):
        content.files.append(part)
        return
    words = text(part)
    if len(words) > limits.MAX_TEXT:
        words, content.cut = words[: limits.MAX_TEXT], True
    if not words.strip():
        return
    if part.media_type == "text/html":
        kept = shallow(words)
        content.cut |= len(kept) < len(words)
        content.blocks.append(Block(rich=kept))
    else:
        content.blocks.append(Block(plain=words))


def _alternative(part: Part, content: Content) -> None:
    """The first plain form and the last rich form are the same words; anything else beside them is a file."""
    plain: list[Block] = []
    rich: list[Block] = []
    for child in part.children:
        inner = Content()
        _walk(child, inner)
        content.files += inner.files
        content.kinds |= inner.kinds
        content.cut |= inner.cut
        if any(block.rich for block in inner.blocks):
            rich = inner.blocks
        elif not plain:
            plain = inner.blocks
    words = "\n".join(block.plain for block in (plain or rich) if block.plain)
    if not plain and any(not block.plain for block in rich):
        words = ""
    if rich:
        merged = Content(blocks=rich)
        content.blocks.append(Block(plain=words, rich=merged.rich()))
    elif words:
        content.blocks.append(Block(plain=words))


def _related(part: Part, content: Content) -> None:
    start = part.params.get("start", "").strip("<> ")
    root = next(
        (child for child in part.children if start and child.headers.first("content-id").strip("<> ") == start), None
    )
    if root is None:
        root = next((child for child in part.children if child.main in ("text", "multipart")), None)
    for child in part.children:
        if child is root:
            _walk(child, content)
        else:
            _take_files([child], content)


def _take_files(parts: list[Part], content: Content) -> None:
    for part in parts:
        content.kinds.add(part.media_type)
        if part.main == "multipart":
            _take_files(part.children, content)
        else:
            content.files.append(part)


def text(part: Part) -> str:
    """The decoded characters of a text part, lines ended by one newline, flowed lines joined."""
    data = decoded(part)
    charset = part.params.get("charset", "")
    if not charset and part.media_type == "text/html":
        meta = _META_CHARSET.search(data, 0, 4096)
        charset = meta.group(1).decode("ascii") if meta else ""
    words = _LINE_ENDS.sub("\n", decode.text(data[: limits.MAX_TEXT * 6], charset))
    if part.params.get("format", "").lower() == "flowed" and part.media_type == "text/plain":
        words = _unflowed(words, part.params.get("delsp", "").lower() == "yes")
    return words


def _unflowed(words: str, delete_space: bool) -> str:
    """RFC 3676: a line that ends in a blank goes on in the next one of the same quote depth."""
    out: list[list[str]] = []
    open_depth = -1
    for line in words.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        flows = content.endswith(" ") and content != "-- "
        if flows and delete_space:
            content = content[:-1]
        if open_depth == depth and content != "-- ":
            out[-1].append(content)
        else:
            out.append([f"{'>' * depth} {content}" if depth else content])
        open_depth = depth if flows else -1
    return "\n".join("".join(pieces) for pieces in out)


def _as_html(plain: str) -> str:
    return f'<div style="white-space: pre-wrap">{markup.escape(plain)}</div>' if plain else ""

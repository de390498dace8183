"""Plain text of HTML as a person would copy it: lines where blocks are, nothing of scripts, styles and hidden parts."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from polydesk_email import limits

_SKIP = {
    "script",
    "style",
    "head",
    "title",
    "template",
    "object",
    "iframe",
    "svg",
    "select",
    "textarea",
    "noscript",
    "-comment",
}
_PARAGRAPH = {"p", "ul", "ol", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "dl"}
_LINE = {
    "div",
    "tr",
    "li",
    "dt",
    "dd",
    "hr",
    "section",
    "article",
    "header",
    "footer",
    "address",
    "center",
    "form",
    "fieldset",
    "main",
    "nav",
    "aside",
    "figure",
    "caption",
    "body",
}
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_NEVER_OPEN = {
    "area",
    "base",
    "br",
    "col",
    "embed",
    "hr",
    "img",
    "input",
    "link",
    "meta",
    "source",
    "track",
    "wbr",
    "p",
    "li",
    "dt",
    "dd",
    "td",
    "th",
    "tr",
    "thead",
    "tbody",
    "tfoot",
    "option",
    "optgroup",
    "body",
    "html",
    "head",
}
"""Elements without an end, and those that the next one closes."""
_MAX_NESTING = 1_000
_HARMLESS = 30_000
_BLANKS = re.compile(r"[ \t\r\n\f]+")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


@dataclass(slots=True)
class Page:
    """HTML with its text, and at which offset of the text each line's first node stands."""

    parser: LexborHTMLParser
    text: str = ""
    marks: list[tuple[int, LexborNode]] = field(default_factory=list)


def shallow(html: str) -> str:
    """HTML up to where it nests absurdly deep: every parser takes quadratic time over that, the browser's too."""
    if len(html) < _HARMLESS:
        return html
    depth = 0
    for tag in _TAG.finditer(html):
        if tag.group(2).lower() not in _NEVER_OPEN:
            depth += -1 if tag.group(1) else 1
            if depth > _MAX_NESTING:
                return html[: tag.start()]
            depth = max(depth, 0)
    return html


def read(html: str) -> Page:
    """Parse and take the text; markup beyond the limit is left out."""
    page = Page(LexborHTMLParser(html[: limits.MAX_TEXT]))
    page.text, page.marks = text_of(page.parser.body)
    return page


def text_of(root: LexborNode | None) -> tuple[str, list[tuple[int, LexborNode]]]:
    """The visible text under a node. A walk without recursion: mail nests tables thousands deep."""
    out = _Lines()
    node = root.child if root is not None else None
    depth = 0
    while node is not None:
        tag = node.tag or ""
        entered = False
        if tag == "-text":
            out.add(node.text_content or "", node)
        elif tag == "br":
            out.line(1, hard=True)
        elif tag not in _SKIP and not _hidden(node):
            out.open(tag)
            entered = node.child is not None
            if not entered:
                out.close(tag)
        if entered:
            node, depth = node.child, depth + 1
            continue
        while node is not None and node.next is None and depth > 0:
            node, depth = node.parent, depth - 1
            out.close(node.tag or "" if node is not None else "")
        node = node.next if node is not None else None
    return out.finish()


def _hidden(node: LexborNode) -> bool:
    style = node.attributes.get("style") if node.tag in ("div", "span", "p", "td", "tr", "table") else None
    return bool(style) and _HIDDEN.search(style or "") is not None


class _Lines:
    """Collects words; blanks collapse, breaks are written only once something follows them."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.length = 0
        self.breaks = 0
        self.space = False
        self.pre = 0
        self.marks: list[tuple[int, LexborNode]] = []

    def add(self, words: str, node: LexborNode) -> None:
        """A run of text."""
        if self.pre:
            self._write(words.rstrip("\n") if "\n" in words else words, node)
            return
        words = _BLANKS.sub(" ", words)
        if words[:1] == " ":
            self.space = True
        body = words.strip(" ")
        if body:
            self._write(body, node)
            self.space = words[-1:] == " "

    def _write(self, words: str, node: LexborNode) -> None:
        if self.breaks and self.length:
            self.out.append("\n" * min(self.breaks, 3))
            self.length += min(self.breaks, 3)
        elif self.space and self.length:
            self.out.append(" ")
            self.length += 1
        if self.breaks or not self.length:
            self.marks.append((self.length, node))
        self.breaks, self.space = 0, False
        self.out.append(words)
        self.length += len(words)

    def line(self, count: int, *, hard: bool = False) -> None:
        """Be at least `count` breaks away from what came before; a `<br>` always adds one."""
        self.breaks = self.breaks + count if hard else max(self.breaks, count)
        self.space = False

    def open(self, tag: str) -> None:
        """An element begins."""
        if tag in _PARAGRAPH:
            self.line(2)
        elif tag in _LINE:
            self.line(1)
        elif tag in ("td", "th"):
            self.space = True
        if tag == "pre":
            self.pre += 1

    def close(self, tag: str) -> None:
        """An element ends."""
        if tag in _PARAGRAPH:
            self.line(2)
        elif tag in _LINE:
            self.line(1)
        if tag == "pre":
            self.pre -= 1

    def finish(self) -> tuple[str, list[tuple[int, LexborNode]]]:
        """The text, and where lines begin."""
        return "".join(self.out).replace("\xa0", " "), self.marks

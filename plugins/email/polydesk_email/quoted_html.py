"""Repeated history in HTML: found by what mail programs put around it, else where the text says it begins."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

from polydesk_email.html_text import Page, text_of
from polydesk_email.quoting import is_attribution, is_forward, is_separator, opens_header_block, quote_start

_HINT = re.compile(
    r"gmail_quote|yahoo_quoted|divRplyFwdMsg|appendonsend|moz-cite|OLK_SRC|protonmail_quote|mail-editor-reference|type=.?cite"
    r"|<blockquote|border-top:|zmail_extra|tutanota_quote",
    re.IGNORECASE,
)
_CONTAINERS = (
    ".gmail_quote, .gmail_quote_container, .yahoo_quoted, .moz-cite-prefix, blockquote, .protonmail_quote,"
    " .zmail_extra, .tutanota_quote, #OLK_SRC_BODY_SECTION"
)
_MARKERS = "#divRplyFwdMsg, #appendonsend, #mail-editor-reference-message-container, div[style*='border-top']"
_RULED = re.compile(r"border-top:\s*(?:solid|#|1)", re.IGNORECASE)


def cut(page: Page, html: str) -> tuple[str, str]:
    """`(html without the history, its text)`; two empty strings when there is none. Changes the page's tree."""
    node = _by_markup(page) if _HINT.search(html) else None
    if node is None:
        node = _by_text(page)
    body = page.parser.body
    if node is None or body is None:
        return "", ""
    node = _whole(node, body)
    if node is None:
        return "", ""
    _drop_introduction(node)
    _drop_from(node, body)
    visible, _ = text_of(body)
    if not visible.strip():
        return "", ""
    return page.parser.html or "", visible


def _by_markup(page: Page) -> LexborNode | None:
    for node in page.parser.css(_CONTAINERS)[:50]:
        if _is_kept(node):
            continue
        if node.tag == "blockquote" and not _cited(node):
            continue
        # Words after the quotation are an answer written between or below it: then everything stays.
        return node if not _words_after(node, page.parser.body) or _prefix(node) else None
    for node in page.parser.css(_MARKERS)[:50]:
        if node.attributes.get("id") or _RULED.search(node.attributes.get("style") or ""):
            words = text_of(node)[0] or _next_words(node)
            if opens_header_block(words.lstrip().split("\n"), 0) and not is_forward(words.lstrip().split("\n")[0]):
                return node
    return None


def _by_text(page: Page) -> LexborNode | None:
    start = quote_start(page.text)
    if start < 0:
        return None
    return next((node for offset, node in page.marks if offset >= start), None)


def _prefix(node: LexborNode) -> bool:
    return "moz-cite-prefix" in (node.attributes.get("class") or "") and node.next is not None


def _cited(node: LexborNode) -> bool:
    """A blockquote is also used for indenting; it repeats history when it says so or an attribution stands above."""
    if (node.attributes.get("type") or "").lower() == "cite":
        return True
    return is_attribution(_words_before(node))


def _text(node: LexborNode) -> str:
    return (node.text_content or "") if node.tag == "-text" else text_of(node)[0]


def _is_kept(node: LexborNode) -> bool:
    """A forwarded message is content."""
    first = _text(node).lstrip()[:120].split("\n")[0]
    return is_forward(first) or first.lstrip("- ").lower().startswith(
        ("forwarded message", "weitergeleitete nachricht")
    )


def _words_before(node: LexborNode) -> str:
    """The last written line before a node, within its parent or just above it."""
    for current in (node, node.parent):
        before = current.prev if current is not None else None
        gathered = ""
        while before is not None:
            if before.tag in ("br", "hr") and gathered.strip():
                break
            gathered = _text(before) + gathered
            if before.tag != "-text" and gathered.strip():
                break
            before = before.prev
        if gathered.strip():
            return " ".join(gathered.split())[-400:]
    return ""


def _words_after(node: LexborNode, body: LexborNode | None) -> bool:
    """Is anything written after a node that is neither quoted nor a signature?"""
    written: list[str] = []
    current: LexborNode | None = node
    while current is not None and body is not None and current.mem_id != body.mem_id:
        following = current.next
        while following is not None:
            if not _quotes(following):
                written.append(_text(following))
            following = following.next
        current = current.parent
    words = "\n".join(written).strip()
    return bool(words) and not words.startswith("--") and len(words) > 2


def _quotes(node: LexborNode) -> bool:
    return node.tag in ("blockquote", "style", "script") or "quote" in (node.attributes.get("class") or "")


def _next_words(node: LexborNode) -> str:
    following = node.next
    while following is not None:
        words = _text(following)
        if words and words.strip():
            return words
        following = following.next
    return ""


def _whole(node: LexborNode, body: LexborNode) -> LexborNode | None:
    """Climb while nothing is written before the node in its parent; None when it is all there is."""
    while node.mem_id != body.mem_id and node.parent is not None:
        before = node.prev
        while before is not None and not _text(before).strip() and before.tag != "img":
            before = before.prev
        if before is not None:
            return node
        node = node.parent
    return None


def _drop_introduction(node: LexborNode) -> None:
    """Take away the attribution or separator above, and empty lines and rules around it."""
    for _ in range(6):
        before = node.prev
        if before is None:
            return
        words = " ".join(_text(before).split())
        if words and not (len(words) < 400 and (is_attribution(words) or is_separator(words))):
            return
        if before.tag == "img" or (
            not words and before.tag not in ("-text", "br", "hr") and before.css_first("img") is not None
        ):
            return
        before.decompose() if before.tag != "-text" else before.remove()
        if words:
            return


def _drop_from(node: LexborNode, body: LexborNode) -> None:
    current: LexborNode | None = node
    while current is not None and current.mem_id != body.mem_id:
        parent = current.parent
        following = current.next
        while following is not None:
            after = following.next
            following.remove()
            following = after
        current = parent
    node.remove()

"""Mailboxes out of address fields, in one pass over the characters, whatever quoting and brackets went wrong."""

from __future__ import annotations

import re

from polydesk.types import Handle
from polydesk_email import limits
from polydesk_email.headers import collapse, words

_TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|<([^<>]*)>|(\()|([,;])|([^"<(,;]+)|(.)', re.DOTALL)
_BARE = re.compile(r"(?<![^\s<>()\",;:@\[\]])[^\s<>()\",;:@\[\]]+@[^\s<>()\",;:@]+")
_QUOTES = " \t'\"<>"
_ESCAPED = re.compile(r"\\(.)")


def mailboxes(value: str, limit: int = limits.MAX_RECIPIENTS) -> list[Handle]:
    """Every mailbox named in an address field, up to `limit`; groups are flattened, the unreadable is left out."""
    found: list[Handle] = []
    for name, address in _split(value):
        handle = _handle(name, address)
        if handle is not None:
            found.append(handle)
            if len(found) >= limit:
                break
    if not found and "=?" in value:  # the whole field was encoded, address and all
        decoded = words(value)
        return mailboxes(decoded, limit) if "=?" not in decoded else []
    return found


def is_address(value: str) -> bool:
    """Something that mail could be sent to."""
    local, at, domain = value.rpartition("@")
    return bool(local and at and domain) and len(value) <= limits.MAX_ADDRESS and not re.search(r"[\s<>,;]", value)


def normal(address: str) -> str:
    """An address as it is compared: lower case, without brackets, quotes around it or a final dot."""
    return collapse(address).strip(_QUOTES).rstrip(".").lower()


def _split(value: str) -> list[tuple[str, str]]:
    entries: list[tuple[str, str]] = []
    name: list[str] = []
    comment: list[str] = []
    address = ""

    def finish() -> None:
        nonlocal address
        text = "".join(name)
        if address:
            entries.append((text if text.strip() else " ".join(comment), address))
        elif text.strip() or comment:
            entries.append(_loose(text, comment))
        name.clear()
        comment.clear()
        address = ""

    position = 0
    while match := _TOKEN.match(value, position):
        position = match.end()
        quoted, angle, opening, separator, plain, stray = match.groups()
        if quoted is not None:
            name.append(_ESCAPED.sub(r"\1", quoted))
        elif angle is not None:
            address = address if "@" in address else angle
        elif opening:
            inner, position = _comment(value, position)
            comment.append(inner)
        elif separator:
            finish()
        elif plain is not None:
            if ":" in plain and "@" not in plain.partition(":")[0]:  # a group's name, or the route before an address
                name.clear()
                plain = plain.partition(":")[2]
            name.append(plain)
        elif stray and stray not in '"<':
            name.append(stray)
    finish()
    return entries


def _comment(value: str, position: int) -> tuple[str, int]:
    depth, start = 1, position
    while position < len(value) and depth:
        character = value[position]
        if character == "\\":
            position += 1
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        position += 1
    return value[start : position - (depth == 0)], position


def _loose(text: str, comment: list[str]) -> tuple[str, str]:
    """An entry without brackets: the address stands bare, the name in a comment or beside it."""
    bare = _BARE.search(text) if "@" in text else None
    if bare is None:
        return text, ""
    rest = (text[: bare.start()] + " " + text[bare.end() :]).strip(_QUOTES + "[]")
    return " ".join(comment) or rest, bare.group()


def _handle(name: str, address: str) -> Handle | None:
    shown = collapse(words(name)).strip(_QUOTES)
    value = normal(words(address))
    if "@" not in value:
        bare = _BARE.search(shown) if "@" in shown else None
        if bare is None:
            return None
        value, shown = normal(bare.group()), shown.replace(bare.group(), "").strip(_QUOTES + "[]()")
    if " " in value:
        bare = _BARE.search(value)
        value = bare.group() if bare else value.replace(" ", "")
    if normal(shown) == value:
        shown = ""
    return Handle("email", value[: limits.MAX_ADDRESS], shown[: limits.MAX_NAME])

"""Where a mail stops saying something new: repeated history and the signature above it. Nothing is ever removed."""

from __future__ import annotations

from polydesk_email import limits
from polydesk_email.quoting_words import (
    FORWARDED,
    HEADER_LINE,
    LEAD,
    MAILBOX_AT_END,
    MOBILE,
    ORIGINAL,
    ROLES,
    RULE,
    TIME,
    VERB,
)

_MAX_ATTRIBUTION = 400
_MAX_NAME = 120
_MAX_SIGNATURE_LINES = 15


def quote_start(text: str) -> int:
    """The offset at which history begins, -1 when nothing new would be left, or nothing repeats."""
    lines = _Lines(text[: limits.QUOTE_SCAN])
    first = lines.next_written(0)
    if first is None or _opens_forward(lines, first):
        return -1
    cut = _history(lines)
    cut = _signature(lines, cut)
    if cut >= len(lines.all) or not any(line.strip() for line in lines.all[:cut]):
        return -1
    return lines.offsets[cut]


def is_attribution(line: str) -> bool:
    """A line like "On Monday, 5 January 2026 at 10:00, Nino wrote:"."""
    line = line.strip().lstrip("> ")
    if not line or len(line) > _MAX_ATTRIBUTION or line[-1] not in ":：":
        return False
    words = line[:-1].rstrip()
    if not any(character.isdigit() for character in words):
        return False
    verbs = list(VERB.finditer(words))
    if not verbs:
        return TIME.search(words) is not None and MAILBOX_AT_END.search(words) is not None
    verb = verbs[-1]  # the last one counts: the name may be "Wrote Ltd"
    before, after = words[: verb.start()], words[verb.end() :].strip()
    if not after:
        return any(character.isdigit() for character in before)
    if LEAD.match(words):
        return len(after) <= _MAX_NAME
    return len(before) <= _MAX_NAME and any(character.isdigit() for character in after)


def is_separator(line: str) -> bool:
    """A line like "-----Original Message-----"."""
    line = line.strip().lstrip("> ")
    return 3 < len(line) < 120 and bool(ORIGINAL.match(line) or FORWARDED.match(line))


def is_forward(line: str) -> bool:
    """A line that introduces a forwarded message: what follows is content."""
    line = line.strip().lstrip("> ")
    return 3 < len(line) < 120 and bool(FORWARDED.match(line))


def opens_header_block(lines: list[str], start: int) -> bool:
    """Three or more of From, Sent, To, Cc, Subject in following lines, From among them, in any known language."""
    roles: set[str] = set()
    blank = 0
    for line in lines[start : start + 12]:
        if not line.strip():
            blank += 1
            if blank > 1 or not roles:
                break
            continue
        role = _role(line)
        if role is None:
            if not roles or len(line) < 3 or blank:
                break
            continue  # a folded line of addresses
        blank = 0
        roles.add(role)
    return len(roles) >= 3 and "from" in roles and _role(lines[start]) is not None


def _role(line: str) -> str | None:
    match = HEADER_LINE.match(line[:300])
    return ROLES.get(match.group(1).strip().lower()) if match else None


class _Lines:
    def __init__(self, text: str) -> None:
        self.all = text.split("\n")
        self.offsets = [0]
        for line in self.all:
            self.offsets.append(self.offsets[-1] + len(line) + 1)

    def next_written(self, index: int) -> int | None:
        """The first line from `index` on that is not blank."""
        return next((i for i in range(index, len(self.all)) if self.all[i].strip()), None)


def _opens_forward(lines: _Lines, first: int) -> bool:
    """Nothing stands before the separator or header block: the mail *is* what it forwards."""
    return is_separator(lines.all[first]) or opens_header_block(lines.all, first)


def _history(lines: _Lines) -> int:
    """The line at which history begins; the number of lines when none does."""
    total = len(lines.all)
    quoted_from = _last_quoted_run(lines)
    for index, line in enumerate(lines.all):
        if index == quoted_from:
            return index
        stripped = line.strip()
        if not stripped or stripped[0] == ">":
            continue
        if is_forward(stripped):
            return total
        if is_separator(stripped):
            return index
        if stripped[-1] in ":：" and (start := _attribution_from(lines, index)) is not None:
            following = lines.next_written(index + 1)
            if following is None or not lines.all[following].lstrip().startswith(">"):
                return start
        elif (":" in stripped[:24] or "：" in stripped[:24]) and opens_header_block(lines.all, index):
            above = index - 1
            while above > 0 and not lines.all[above].strip():
                above -= 1
            return above if above > 0 and RULE.match(lines.all[above].strip()) else index
    return total


def _last_quoted_run(lines: _Lines) -> int:
    """Where the closing run of `>` lines begins, attribution included; -1 when new words follow or stand between."""
    quoted = [i for i, line in enumerate(lines.all) if line.lstrip().startswith(">")]
    if not quoted:
        return -1
    after = _Lines("\n".join(lines.all[quoted[-1] + 1 :]))
    if any(line.strip() for line in after.all[: _signature(after, len(after.all), whole=True)]):
        return -1
    start = quoted[-1]
    while start > 0 and (not lines.all[start - 1].strip() or lines.all[start - 1].lstrip().startswith(">")):
        start -= 1
    above = start - 1
    introduced = _attribution_from(lines, above) if above >= 0 else None
    if introduced is not None:
        return introduced
    return start if quoted[0] >= start else -1


def _attribution_from(lines: _Lines, index: int) -> int | None:
    """The line where an attribution that ends on `index` begins: it may wrap over three."""
    if lines.all[index].strip()[-1:] not in (":", "："):
        return None
    joined = ""
    best: int | None = None
    for start in range(index, max(-1, index - 3), -1):
        piece = lines.all[start].strip()
        if not piece:
            break
        joined = f"{piece} {joined}".strip()
        if is_attribution(joined):
            best = start
            if LEAD.match(joined):
                break
    return best


def _signature(lines: _Lines, end: int, *, whole: bool = False) -> int:
    """The line where the signature above `end` begins; `end` when there is none. `whole` lets it be all there is."""
    last = end
    while last > 0 and not lines.all[last - 1].strip():
        last -= 1
    for index in range(last - 1, max(-1, last - _MAX_SIGNATURE_LINES), -1):
        if lines.all[index].rstrip() == "--" and (whole or lines.next_written(0) != index):
            return index
    cut = last
    while cut > 0 and (MOBILE.match(lines.all[cut - 1].strip()) or not lines.all[cut - 1].strip()):
        cut -= 1
    if cut < last and any(line.strip() for line in lines.all[cut:last]):
        return cut
    return end

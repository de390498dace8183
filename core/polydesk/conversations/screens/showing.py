"""Timeline entries as the page shows them: cleaned, described, dated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache

import msgspec
from markupsafe import Markup

from polydesk.conversations.screens import telling
from polydesk.conversations.views import Entry, File
from polydesk.i18n import _, day, local, pgettext
from polydesk.types import Handle, Text
from polydesk.web.sanitise import Clean, clean

HEAVY = 200_000
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
STATE_ICONS = {"queued": "clock", "sending": "clock", "sent": "check", "delivered": "check", "read": "eye"}


class ShownFile(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment's line."""

    id: int
    name: str
    size: int
    is_image: bool


class Shown(msgspec.Struct, kw_only=True):
    """One entry, ready for its template."""

    id: int
    occurred_at: datetime
    tone: str = ""
    is_message: bool = False
    new_day: str = ""
    line: str = ""
    icon: str = "point"
    reasons: tuple[Text, ...] = ()
    plugin_html: str = ""
    aria: str = ""
    author: str = ""
    person: int | None = None
    addresses: list[tuple[str, str]] = []
    language: str = ""
    automatic: str = ""
    notices: tuple[Text, ...] = ()
    html: Markup = Markup()
    text: str = ""
    quoted_html: Markup = Markup()
    quoted_text: str = ""
    paper: bool = False
    blocked: int = 0
    files: tuple[ShownFile, ...] = ()
    state: str = ""
    state_icon: str = "check"
    failed: bool = False


async def show(
    entries: Iterable[Entry], *, contact_name: str, images: int = 0, queues: Mapping[int, str]
) -> list[Shown]:
    """Every entry worth a line; `images` is the one message whose remote pictures the reader asked for."""
    shown: list[Shown] = []
    last: date | None = None
    for entry in entries:
        if entry.kind == "delivery" and entry.data.get("state") in ("sent", "delivered", "read"):
            continue
        if entry.kind in ("message", "note"):
            one = await _message(entry, contact_name, images == entry.id)
        else:
            one = _happening(entry, queues)
        today = local(entry.occurred_at).date()
        if today != last:
            one.new_day = day(entry.occurred_at)
        last = today
        shown.append(one)
    return shown


async def _message(entry: Entry, contact_name: str, images: bool) -> Shown:
    note = entry.kind == "note"
    sender = msgspec.convert(entry.data["sender"], Handle) if entry.data.get("sender") else None
    author = entry.person_name or (sender.name or sender.value if sender else "") or contact_name or _("Unknown sender")
    if entry.direction == "out" and not entry.person_name:
        author = str(entry.data.get("author") or _("The desk"))
    cids = {file.content_id: f"/attachments/{file.id}" for file in entry.files if file.content_id}
    visible, whole = await _clean(entry, cids, images)
    quoted = entry.text[entry.quote_starts_at :] if entry.quote_starts_at >= 0 else ""
    state, failed = _state(entry)
    addresses = _addresses(entry, sender)
    return Shown(
        id=entry.id,
        occurred_at=entry.occurred_at,
        is_message=True,
        tone="note" if note else entry.direction or "in",
        author=author,
        person=entry.person,
        aria=_("Note by %(name)s", name=author) if note else _("Message from %(name)s", name=author),
        line="" if note else _line(entry, sender),
        addresses=addresses,
        language=str(entry.data.get("language", "")),
        automatic=str(entry.data.get("automatic", "")),
        notices=entry.notices,
        html=Markup(visible.html) if visible else Markup(),  # noqa: S704 - sanitised
        text="" if visible else (entry.text[: entry.quote_starts_at] if quoted else entry.text).strip(),
        quoted_html=Markup(whole.html) if whole and not quoted else Markup(),  # noqa: S704 - sanitised
        quoted_text=quoted.strip(),
        paper=bool(visible and visible.coloured),
        blocked=0 if images or not visible else max(visible.blocked, whole.blocked if whole else 0),
        files=_files(entry.files, visible),
        state=state,
        state_icon="alert-triangle" if failed else STATE_ICONS.get(entry.delivery or "", "check"),
        failed=failed,
    )


async def _clean(entry: Entry, cids: Mapping[str, str], images: bool) -> tuple[Clean | None, Clean | None]:
    if not entry.html.strip():
        return None, None
    known = tuple(sorted(cids.items()))
    if len(entry.html) > HEAVY:
        # Long enough to keep other readers waiting, too long to keep in memory.
        visible = await asyncio.to_thread(clean, entry.html_visible or entry.html, cids=cids, images=images)
        return visible, None
    visible = _cached(entry.html_visible or entry.html, known, images)
    return visible, _cached(entry.html, known, images) if entry.html_visible else None


@lru_cache(maxsize=256)
def _cached(html: str, cids: tuple[tuple[str, str], ...], images: bool) -> Clean:
    return clean(html, cids=dict(cids), images=images)


def _files(files: tuple[File, ...], visible: Clean | None) -> tuple[ShownFile, ...]:
    """Every attachment but the pictures that stand in the text already."""
    return tuple(
        ShownFile(id=file.id, name=file.name, size=file.size, is_image=file.media_type in SAFE_IMAGES)
        for file in files
        if not (visible and file.content_id and f"/attachments/{file.id}" in visible.html)
    )


def _handles(entry: Entry, name: str) -> list[Handle]:
    return msgspec.convert(entry.data.get(name, ()), list[Handle])


def _named(handles: list[Handle]) -> str:
    return ", ".join(f"{each.name} <{each.value}>" if each.name else each.value for each in handles)


def _addresses(entry: Entry, sender: Handle | None) -> list[tuple[str, str]]:
    found = [
        (_("From"), _named([sender]) if sender else ""),
        (_("To"), _named(_handles(entry, "to"))),
        (_("Cc"), _named(_handles(entry, "copied"))),
        (_("Subject"), str(entry.data.get("subject", ""))),
    ]
    return [(label, value) for label, value in found if value]


def _line(entry: Entry, sender: Handle | None) -> str:
    to = [each.name or each.value for each in (*_handles(entry, "to"), *_handles(entry, "copied"))]
    if entry.direction == "in" and sender is not None:
        return _("%(sender)s to %(recipients)s", sender=sender.value, recipients=", ".join(to)) if to else sender.value
    return _("to %(recipients)s", recipients=", ".join(to)) if to else ""


def _state(entry: Entry) -> tuple[str, bool]:
    match entry.delivery:
        case None:
            return "", False
        case "failed":
            reason = entry.delivery_reason or _("the service gave no reason")
            return _("Not delivered: %(reason)s", reason=reason), True
        case "queued" | "sending":
            if entry.delivery_reason:
                return _("Not sent yet, will be tried again: %(reason)s", reason=entry.delivery_reason), False
            return _("Sending…"), False
        case "delivered":
            return _("Delivered"), False
        case "read":
            return pgettext("delivery", "Read"), False
    return _("Sent"), False


def _happening(entry: Entry, queues: Mapping[int, str]) -> Shown:
    icon, line, tone = telling.tell(entry, queues)
    return Shown(id=entry.id, occurred_at=entry.occurred_at, icon=icon, line=line, tone=tone, reasons=entry.reasons)

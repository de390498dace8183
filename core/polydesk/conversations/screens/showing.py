"""Timeline entries as the page shows them: cleaned, described, dated."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import lru_cache

import msgspec
from markupsafe import Markup

from polydesk.conversations.screens import pieces, telling
from polydesk.conversations.screens.pieces import ShownPiece
from polydesk.conversations.views import Entry, File
from polydesk.conversations.wording import preview_of
from polydesk.i18n import N_, _, day, isolated, local, pgettext
from polydesk.types import Handle, Scope, Text
from polydesk.web.sanitise import Clean, clean

HEAVY = 200_000
SAFE_IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
PLAYED = {
    "audio/ogg": "audio",
    "audio/mpeg": "audio",
    "audio/mp4": "audio",
    "audio/aac": "audio",
    "audio/amr": "audio",
    "video/mp4": "video",
    "video/3gpp": "video",
}
STATE_ICONS = {"queued": "clock", "sending": "clock", "sent": "check", "delivered": "check", "read": "eye"}


class ShownFile(msgspec.Struct, frozen=True, kw_only=True):
    """An attachment's line; `plays` is "audio" or "video" for what can be heard or watched in place."""

    id: int
    name: str
    size: int
    is_image: bool
    plays: str = ""


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
    link: str = ""
    link_label: str = ""
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
    pieces: tuple[ShownPiece, ...] = ()
    answers: str = ""
    answers_id: int = 0
    choices: tuple[str, ...] = ()
    signs: tuple[tuple[str, str], ...] = ()
    template: str = ""
    edited: bool = False
    before: str = ""
    stated: str = ""


async def show(
    entries: Iterable[Entry],
    *,
    contact_name: str,
    images: int = 0,
    queues: Mapping[int, str],
    scope: Scope | None = None,
) -> list[Shown]:
    """Every entry worth a line; `images` is the one message whose remote pictures the reader asked for."""
    shown: list[Shown] = []
    last: date | None = None
    stated = ""
    entries = list(entries)
    messages = {entry.id: entry for entry in entries if entry.kind == "message"}
    marks = marked(entries)
    for entry in entries:
        if entry.kind == "delivery" and entry.data.get("state") in ("sent", "delivered", "read"):
            continue
        if entry.kind in ("reaction", "revision") and entry.data.get("item") in messages:
            continue
        if entry.kind in ("message", "note"):
            one = await _message(entry, contact_name, images == entry.id)
            _mark(one, entry, messages, marks)
        else:
            one = _happening(entry, queues, scope or Scope())
        if one.stated and one.stated == stated:
            one.stated = ""
        stated = one.stated or stated
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
        author = (
            _("Sent outside the desk") if entry.data.get("outside") else str(entry.data.get("author") or _("The desk"))
        )
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
        automatic=_automatic(entry),
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
        pieces=pieces.show(entry.pieces),
        choices=tuple(str(each.get("label", "")) for each in (entry.data.get("prompt") or {}).get("choices", ())),
        template=str(((entry.data.get("template") or {}).get("template") or {}).get("name", "")),
        stated=_named(_handles(entry, "stated")),
    )


def _automatic(entry: Entry) -> str:
    why = entry.data.get("automatic", "")
    return _("Sent by the desk itself") if why is True else str(why)


def marked(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    """Reactions and changes by the message they are about, oldest first."""
    found: dict[int, list[Entry]] = {}
    for entry in entries:
        if entry.kind in ("reaction", "revision"):
            found.setdefault(int(entry.data.get("item") or 0), []).append(entry)
    return found


def _mark(one: Shown, entry: Entry, messages: Mapping[int, Entry], marks: Mapping[int, list[Entry]]) -> None:
    """What a message answers, and what was done to it since."""
    quoted = messages.get(int(entry.data.get("quotes") or 0))
    if quoted is not None:
        one.answers, one.answers_id = preview_of(quoted.text) or _("a file"), quoted.id
    signs: dict[str, str] = {}
    for mark in marks.get(entry.id, ()):
        if mark.kind == "reaction":
            by, sign = str(mark.data.get("by", "")), str(mark.data.get("sign", ""))
            signs.pop(by, None)
            if sign:
                signs[by] = sign
        elif mark.data.get("text") is None:
            # Taken back is taken back: agents do not read on what the sender no longer says.
            one.text, one.html, one.files, one.pieces = "", Markup(), (), ()
            one.quoted_html, one.quoted_text, one.paper = Markup(), "", False
            one.notices = (*one.notices, Text(N_("The sender took this message back.")))
        else:
            one.before, one.edited = one.before or one.text, True
            one.text = str(mark.data["text"])
    one.signs = tuple((sign, by) for by, sign in signs.items())


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
        ShownFile(
            id=file.id,
            name=file.name,
            size=file.size,
            is_image=file.media_type in SAFE_IMAGES,
            plays=PLAYED.get(file.media_type.partition(";")[0].strip().lower(), ""),
        )
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
    to = [each.name or isolated(each.value) for each in (*_handles(entry, "to"), *_handles(entry, "copied"))]
    if entry.direction == "in" and sender is not None:
        who = isolated(sender.value)
        return _("%(sender)s to %(recipients)s", sender=who, recipients=", ".join(to)) if to else who
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
    if entry.delivery_reason:
        return _("Kept here, not sent: %(reason)s", reason=entry.delivery_reason), False
    return _("Sent"), False


def _happening(entry: Entry, queues: Mapping[int, str], scope: Scope) -> Shown:
    it = telling.told(entry, queues, scope)
    return Shown(
        id=entry.id,
        occurred_at=entry.occurred_at,
        icon=it.icon,
        line=it.line,
        tone=it.tone,
        link=it.link,
        link_label=it.link_label,
        reasons=entry.reasons,
    )

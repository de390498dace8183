"""News about mail of ours: delivery reports, their home-made kin, complaints and read receipts."""

from __future__ import annotations

import re

from polydesk.types import DeliveryState, Nothing, StatusUpdate
from polydesk_email import body, limits
from polydesk_email.addresses import normal
from polydesk_email.headers import Headers, collapse
from polydesk_email.structure import Part, read_fields
from polydesk_email.threading import ids, is_ours, ours_in
from polydesk_email.transfer import decoded

_SENDERS = re.compile(r"^(?:mailer-daemon|postmaster|mail-?delivery.*|mdaemon|bounces?)(?:[+\-=].*)?@", re.IGNORECASE)
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_REASON = re.compile(r"^.*(?:\b[45]\d\d[ \-]|\b[45]\.\d\.\d+).*$", re.MULTILINE)
_RECIPIENT = re.compile(r"<([^<>\s]{1,64}@[^<>\s]{1,200})>")
_ORDER = {"failed": 0, "delayed": 1, "delivered": 2, "relayed": 3, "expanded": 4}
_STATE: dict[str, DeliveryState] = {"failed": "failed", "delivered": "delivered"}
_PROBE = 200_000


def read(root: Part, client: int, sender: str, envelope_sender: str | None) -> StatusUpdate | Nothing | None:
    """What a report says about a mail of ours; None when this is no report, or not about ours: then it is a message."""
    kind = root.params.get("report-type", "").lower() if root.media_type == "multipart/report" else ""
    if not kind and root.media_type == "multipart/report":
        kind = next((part.media_type.partition("/")[2] for part in root.children if part.main == "message"), "")
    if kind == "disposition-notification":
        return Nothing(reason="read receipt")
    if kind == "feedback-report":
        return _complaint(root, client)
    if kind == "delivery-status" or any(part.media_type == "message/delivery-status" for part in root.children):
        return _delivery(root, client)
    if envelope_sender == "" or _SENDERS.match(sender):
        return _homemade(root, client)
    return None


def _delivery(root: Part, client: int) -> StatusUpdate | None:
    about = _about(root, client)
    report = next((part for part in root.children if part.media_type == "message/delivery-status"), None)
    if not about:
        return None
    if report is None:
        return _homemade(root, client)
    blocks = _blocks(decoded(report))
    if not blocks:
        return _homemade(root, client)
    worst = min(blocks, key=lambda block: _ORDER.get(_word(block, "action"), 5))
    action = _word(worst, "action")
    status = worst.first("status")
    reason = (
        collapse(worst.raw("diagnostic-code").partition(";")[2]) or collapse(worst.raw("diagnostic-code")) or status
    )
    recipient = worst.first("original-recipient") or worst.first("final-recipient")
    return StatusUpdate(
        external_ids=tuple(about),
        state=_STATE.get(action, "sent"),
        reason=reason[:1000] if action in ("failed", "delayed") else "",
        permanent=action == "failed" and status.startswith("5") and not status.startswith("5.2.2"),
        recipient=normal(recipient.partition(";")[2] or recipient),
        details={
            "action": action,
            "status": status[:20],
            "by": worst.first("remote-mta")[:200],
            "kind": "delivery report",
        },
    )


def _word(block: Headers, name: str) -> str:
    return block.first(name).partition(" ")[0].lower()


def _blocks(data: bytes) -> list[Headers]:
    """One group of fields per recipient; the first group is about the whole mail."""
    found: list[Headers] = []
    position, end = 0, min(len(data), _PROBE)
    while position < end and len(found) < limits.MAX_RECIPIENTS:
        fields, after = read_fields(data, position, end, set())
        if any(name in ("final-recipient", "original-recipient", "action") for name, _ in fields):
            found.append(Headers(fields))
        if after <= position:
            break
        position = after
    return found


def _about(root: Part, client: int) -> list[str]:
    """Ids of ours in the returned mail or its headers."""
    for part in root.children[1:]:
        if part.media_type in ("message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global"):
            fields, _ = read_fields(decoded(part)[:_PROBE], 0, _PROBE, set())
            found = [one for one in ids(Headers(fields).first("message-id")) if is_ours(client, one)]
            if found:
                return found
    return ours_in(client, root.raw[root.start : min(root.end, root.start + _PROBE)].decode("latin-1"))


def _homemade(root: Part, client: int) -> StatusUpdate | None:
    """A daemon's mail with our id somewhere in its body."""
    about = ours_in(client, root.raw[root.start : min(root.end, root.start + _PROBE)].decode("latin-1"))
    if not about:
        return None
    words = body.read(root).plain()[:_PROBE]
    reason = _REASON.search(words[:20_000])
    status = _STATUS.search(words)
    temporary = bool(status) and status.group(1) == "4" if status else False
    recipient = _RECIPIENT.search(words)
    return StatusUpdate(
        external_ids=tuple(about),
        state="sent" if temporary else "failed",
        reason=collapse(reason.group() if reason else words[:300])[:1000],
        permanent=bool(status) and not temporary,
        recipient=normal(recipient.group(1)) if recipient else "",
        details={"kind": "home-made report", "status": status.group() if status else ""},
    )


def _complaint(root: Part, client: int) -> StatusUpdate | None:
    about = _about(root, client)
    if not about:
        return None
    fields: list[tuple[str, bytes]] = []
    for part in root.children:
        if part.media_type == "message/feedback-report":
            fields, _ = read_fields(decoded(part)[:_PROBE], 0, _PROBE, set())
    headers = Headers(fields)
    recipient = headers.first("original-rcpt-to") or headers.first("removal-recipient")
    return StatusUpdate(
        external_ids=tuple(about),
        state="delivered",
        recipient=normal(recipient),
        details={"kind": "complaint", "complaint": headers.first("feedback-type").lower() or "abuse"},
    )

"""Raw bytes to a message: the order in which the pieces are asked, and what is remarked on for the agent."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from polydesk import N_, Text, Unreadable
from polydesk.types import Account, Arrival, Handle, Message, Nothing, Parsed
from polydesk_email import automatic, body, bounces, decode, limits, structure, threading, trust
from polydesk_email.addresses import is_address, mailboxes, normal
from polydesk_email.attachments import attached, by_location
from polydesk_email.calendar import invitation
from polydesk_email.headers import Headers
from polydesk_email.html_text import read as read_html
from polydesk_email.quoted_html import cut
from polydesk_email.quoting import quote_start
from polydesk_email.settings import MailSettings

_TO_US = ("to", "cc", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "resent-to")
_KEPT_FIELDS = (
    "x-mailer",
    "user-agent",
    "thread-topic",
    "thread-index",
    "x-spam-status",
    "x-priority",
    "importance",
    "organization",
)
_PIECE = 1_000_000
_HASHED = ("from", "to", "cc", "date", "subject", "message-id", "in-reply-to")
_BROKEN = {
    "size": N_("This mail is larger than can be read here; the end is missing. The original is kept whole."),
    "fields": N_("This mail has an unreasonable number of header lines; the last ones were not read."),
    "parts": N_("This mail has more parts than are read; the last ones were left out. The original is kept whole."),
    "depth": N_("This mail nests its parts too deep; the innermost were left out. The original is kept whole."),
    "boundary": N_("This mail's parts could not be told apart; it is shown as one text."),
}
_KINDS = {
    "application/ms-tnef": N_(
        "Outlook packed the attachments into winmail.dat; ask the sender to send as HTML or plain text."
    ),
    "application/vnd.ms-tnef": N_(
        "Outlook packed the attachments into winmail.dat; ask the sender to send as HTML or plain text."
    ),
    "application/pgp-encrypted": N_("This mail is encrypted with PGP and cannot be read here."),
    "application/pkcs7-mime": N_("This mail is wrapped in S/MIME: it may be encrypted and cannot be read here."),
    "application/x-pkcs7-mime": N_("This mail is wrapped in S/MIME: it may be encrypted and cannot be read here."),
}


def parse(arrival: Arrival, account: Account) -> Parsed:
    """Make what there is to be made of these bytes; raises `Unreadable` only when nobody seems to have sent them."""
    settings: MailSettings = account.settings
    if arrival.hints.get("unfetchable"):
        words = str(arrival.hints["unfetchable"])
        raise Unreadable(Text(N_("The mail server could not hand over this mail: {words}"), {"words": words}))
    tree = structure.parse(arrival.raw)
    root = tree.root
    headers = root.headers
    envelope = automatic.envelope_sender(headers, arrival.hints.get("envelope_sender"))
    stated = _sender(headers, envelope)
    asker = _asker(headers, stated, settings)
    sender = asker if asker and (settings.web_forms or is_ours(stated.value, settings)) else stated
    subject = decode.clean(headers.prose("subject"))[: limits.MAX_SUBJECT]
    own_id = threading.message_id(headers)

    if _is_own_copy(account, own_id, stated.value, settings):
        return Nothing(reason="our own copy")
    report = bounces.read(root, account.client, stated.value, envelope)
    if report is not None:
        return report

    content = body.read(root)
    if "oversize" in arrival.hints:  # only the beginning is here: a file that reaches its end is a torn one
        content.files = [part for part in content.files if part.end < len(root.raw)]
    html = by_location(content.files, content.rich())
    text, quote, html, html_visible = _words(content.plain(), html)
    fingerprint = _fingerprint(root, own_id)
    looped = _looped(headers, account)
    machine = "our own mail came back" if looped else automatic.reason(root, (asker or stated).value, subject, envelope)
    said = trust.results(headers, settings.trusted_authserv)
    to, copied, proven = _recipients(headers, account, settings, arrival.hints)
    return Message(
        external_id=own_id or fingerprint[:40] + threading.MADE_UP,
        sender=sender,
        recipients=to,
        copied=copied,
        answer_to=_answer_to(headers, sender, settings, machine),
        subject=subject,
        text=text,
        quote_starts_at=quote,
        html=html,
        html_visible=html_visible,
        references=threading.references(headers, own_id),
        conversation=proven,
        ticket=threading.ticket_of(subject),
        fingerprint=fingerprint,
        sent_at=_date(headers.first("date")),
        attachments=attached(content.files, html),
        automatic=machine,
        notices=tuple(_notices(tree.broken, content, said, sender, stated, arrival.hints, headers)),
        details=_details(headers, said, settings, arrival.hints),
    )


def _sender(headers: Headers, envelope: str | None) -> Handle:
    """Who wrote: From, else whoever the next best field names."""
    for name in ("from", "reply-to", "sender", "return-path", "x-sender", "resent-from"):
        for value in headers.all(name)[:3]:
            found = mailboxes(value, 1)
            if found:
                shown = found[0].name or (_only_name(headers) if name != "from" else "")
                return Handle("email", found[0].value, shown)
    if envelope and "@" in envelope:
        return Handle("email", normal(envelope)[: limits.MAX_ADDRESS], _only_name(headers))
    written = _only_name(headers)
    if written:  # "root", "MAILER-DAEMON": someone, though nobody could answer them
        return Handle("email", normal(written)[: limits.MAX_ADDRESS], written)
    raise Unreadable(
        Text(N_("This mail names no sender: no From, Reply-To, Sender or Return-Path with an address in it."))
    )


def _asker(headers: Headers, stated: Handle, settings: MailSettings) -> Handle | None:
    """Who filled in a web form: it sends from a no-reply address, or from our own, and puts the person in Reply-To."""
    if not (automatic.writes_for_others(stated.value) or is_ours(stated.value, settings)) or automatic.is_list(headers):
        return None
    for handle in mailboxes(headers.raw("reply-to"), 3):
        if is_address(handle.value) and not is_ours(handle.value, settings) and handle.value != stated.value:
            return None if automatic.writes_for_others(handle.value) else handle
    return None


def _only_name(headers: Headers) -> str:
    return headers.prose("from").strip("\"'<> ")[: limits.MAX_NAME]


def _is_own_copy(account: Account, own_id: str, sender: str, settings: MailSettings) -> bool:
    return sender == normal(settings.address) and threading.is_ours(account.client, own_id)


def _looped(headers: Headers, account: Account) -> bool:
    marker = headers.first("x-polydesk-id")
    return bool(marker) and threading.is_ours(account.client, marker)


def _words(plain: str, html: str) -> tuple[str, int, str, str]:
    """`(text, where history begins, HTML, HTML without history)`; HTML that shows nothing is as good as none."""
    page = read_html(html) if html else None
    if page is None or (not page.text and "<img" not in html.lower()):
        text = _trimmed(plain)[: limits.MAX_TEXT]
        return text, quote_start(text), "", ""
    whole = page.text
    visible_html, visible = cut(page, html)
    if plain.strip():
        text = _trimmed(plain)[: limits.MAX_TEXT]
        return text, quote_start(text), html, visible_html
    visible = visible.rstrip()
    starts = len(visible) if visible_html and whole.startswith(visible) and len(visible) < len(whole) else -1
    return whole, starts, html, visible_html


def _trimmed(text: str) -> str:
    return text.replace("\xa0", " ").strip("\n").rstrip()


def _recipients(
    headers: Headers, account: Account, settings: MailSettings, hints: dict[str, Any]
) -> tuple[tuple[Handle, ...], tuple[Handle, ...], int | None]:
    """To and Cc without ourselves, and the conversation that one of our signed addresses proves."""
    proven: int | None = None
    kept: dict[str, list[Handle]] = {"to": [], "cc": []}
    given = hints.get("recipients")
    fields = [(name, value) for name in _TO_US for value in headers.all(name)]
    fields += [("envelope", str(value)) for value in (given if isinstance(given, list) else [])]
    for name, value in fields:
        for handle in mailboxes(value, 5_000):
            conversation = threading.conversation_of(handle.value, account.client)
            proven = proven if proven is not None else conversation
            if name in kept and len(kept[name]) < limits.MAX_RECIPIENTS and not is_ours(handle.value, settings):
                kept[name].append(handle)
    return tuple(kept["to"]), tuple(kept["cc"]), proven


def is_ours(address: str, settings: MailSettings) -> bool:
    """Our own address, with or without something after a plus, or any of the reply domain."""
    local, _, domain = address.partition("@")
    own_local, _, own_domain = normal(settings.address).partition("@")
    if settings.reply_domain and domain == settings.reply_domain.lower():
        return True
    return domain == own_domain and (local == own_local or local.startswith(f"{own_local}+"))


def _answer_to(headers: Headers, sender: Handle, settings: MailSettings, machine: str) -> Handle | None:
    if machine or automatic.is_list(headers):
        return None
    for handle in mailboxes(headers.raw("reply-to"), 3):
        if is_address(handle.value) and handle.value != sender.value and not is_ours(handle.value, settings):
            return handle
    return None


def _date(value: str) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(value[:100])
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _fingerprint(root: structure.Part, own_id: str) -> str:
    """Equal for copies of one mail that took different ways: trace fields are left out, line ends do not count."""
    digest = hashlib.sha256()
    for name in _HASHED:
        digest.update(f"{name}:{root.headers.raw(name).strip()}\n".encode("utf-8", "replace"))
    start = root.start
    while start < root.end:  # piece by piece: a copy of 50 MB would cost as much memory
        end = min(start + _PIECE, root.end)
        end += root.raw[end - 1 : end + 1] == b"\r\n"
        piece = root.raw[start:end].replace(b"\r\n", b"\n")
        digest.update(piece if end < root.end else piece.rstrip())
        start = end
    return f"{digest.hexdigest()}{'' if own_id else '?'}"


def _notices(
    broken: set[str],
    content: body.Content,
    said: dict[str, str],
    sender: Handle,
    stated: Handle,
    hints: dict[str, Any],
    headers: Headers,
) -> list[Text]:
    notices = [Text(_BROKEN[name]) for name in sorted(broken)]
    notices += [
        Text(words) for words in dict.fromkeys(_KINDS[kind] for kind in sorted(content.kinds) if kind in _KINDS)
    ]
    if isinstance(hints.get("oversize"), int):
        megabytes = max(1, round(hints["oversize"] / 1_000_000))
        notices.append(
            Text(
                N_("This mail has {size} MB, too much to fetch: here is its beginning; all of it is in the mailbox."),
                {"size": megabytes},
            )
        )
    if content.cut:
        notices.append(Text(N_("The text is too long to show whole; the end is in the original.")))
    if said.get("dmarc") == "fail":
        notices.append(
            Text(N_("The sender could not be verified: this may not be from {address}."), {"address": sender.value})
        )
    if sender is not stated:
        notices.append(
            Text(N_("Sent by {address} for someone else: the person it asks to answer."), {"address": stated.value})
        )
    if not is_address(sender.value):
        notices.append(Text(N_("The sender's address cannot be answered: {address}"), {"address": sender.value}))
    elif "from" not in headers:
        notices.append(Text(N_("This mail has no From line; the sender was taken from another one.")))
    for part in content.files:
        if part.media_type == "text/calendar" and (summary := invitation(part)):
            notices.append(summary)
            break
    return notices


def _details(headers: Headers, said: dict[str, str], settings: MailSettings, hints: dict[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {
        name: headers.prose(name)[:2_000] for name in ("from", "to", "cc", "reply-to", "date") if name in headers
    }
    details["authentication"] = said
    details["headers"] = {name: headers.prose(name)[:500] for name in _KEPT_FIELDS if name in headers}
    if automatic.wants_no_automatic_answer(headers):
        details["no_automatic_answer"] = True
    if "received_at" in hints:
        details["received_at"] = hints["received_at"]
    return details

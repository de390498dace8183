"""Files of a mail: their names made safe, their types believed only so far, inline images told from the rest."""

from __future__ import annotations

import re

from polydesk.types import Attached
from polydesk_email import limits
from polydesk_email.headers import Headers, collapse, parameters
from polydesk_email.structure import Part, read_fields
from polydesk_email.transfer import decoded

_BY_TYPE = {
    "message/rfc822": "message.eml",
    "message/global": "message.eml",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "disposition-notification.txt",
    "text/rfc822-headers": "headers.txt",
    "text/plain": "document.txt",
    "text/html": "document.html",
    "text/calendar": "calendar.ics",
    "text/csv": "document.csv",
    "video/quicktime": "video.mov",
    "video/mp4": "video.mp4",
    "image/jpeg": "image.jpg",
    "image/jpg": "image.jpg",
    "image/png": "image.png",
    "image/gif": "image.gif",
    "image/webp": "image.webp",
    "image/tiff": "image.tiff",
    "image/heic": "image.heic",
    "application/pdf": "document.pdf",
    "application/zip": "archive.zip",
    "application/pkcs7-signature": "smime.p7s",
    "application/pkcs7-mime": "smime.p7m",
    "application/pgp-signature": "signature.asc",
    "application/ms-tnef": "winmail.dat",
}
_UNSAFE = re.compile("[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SEPARATORS = re.compile(r"[/\\]+")


def attached(parts: list[Part], html: str) -> tuple[Attached, ...]:
    """The files in their order. Only what the HTML shows in place is inline; the rest is listed."""
    files: list[Attached] = []
    taken: set[str] = set()
    for part in parts:
        content_id = part.headers.first("content-id").strip("<> ")
        shown = bool(content_id) and f"cid:{content_id}" in html
        name = _unique(file_name(part), taken)
        files.append(
            Attached(
                name=name,
                media_type=part.media_type[:100],
                data=decoded(part),
                content_id=content_id[: limits.MAX_ID] if shown else "",
                inline=shown,
            )
        )
    return tuple(files)


def by_location(parts: list[Part], html: str) -> str:
    """HTML that names its images by Content-Location, made to name them by Content-ID."""
    for number, part in enumerate(parts):
        location = part.headers.first("content-location")
        if location and f'"{location}"' in html:
            content_id = part.headers.first("content-id").strip("<> ") or f"location.{number}"
            part.headers.fields["content-id"] = [content_id.encode("utf-8", "replace")]
            html = html.replace(f'"{location}"', f'"cid:{content_id}"')
    return html


def declared_name(part: Part) -> str:
    """The name the sender gave, "" when none."""
    disposition = part.headers.raw("content-disposition")
    if disposition:
        given = parameters(disposition.partition(";")[2])
        name = given.get("filename") or given.get("name")
        if name:
            return name
    return part.params.get("name") or part.params.get("filename") or ""


def is_file(part: Part, *, first: bool) -> bool:
    """Marked as an attachment, or named like one; but the first text is the message, even if a program named it."""
    disposition = part.headers.first("content-disposition").partition(";")[0].strip().lower()
    return disposition == "attachment" or (not first and bool(declared_name(part)))


def file_name(part: Part) -> str:
    """A name to save under: the given one, else one that says what it is."""
    name = safe(declared_name(part))
    if name:
        return name
    if part.media_type in ("message/rfc822", "message/global"):
        fields, _ = read_fields(decoded(part)[: limits.MAX_HEADER_BYTES], 0, limits.MAX_HEADER_BYTES, set())
        subject = safe(Headers(fields).prose("subject"))
        return f"{subject}.eml" if subject else "message.eml"
    extension = _BY_TYPE.get(part.media_type, "").rpartition(".")[2]
    described = safe(part.headers.prose("content-description"))
    if described and extension:
        return described if described.lower().endswith(f".{extension}") else f"{described}.{extension}"
    located = safe(part.headers.prose("content-location").rsplit("/", 1)[-1])
    if located and "." in located:
        return located
    by_id = safe(part.headers.first("content-id").strip("<> ").rpartition("@")[0])
    if re.search(r"\.\w{2,6}$", by_id):
        return by_id
    return _BY_TYPE.get(part.media_type) or by_id or "file"


def safe(name: str) -> str:
    """Without path, control and direction characters, and short enough for a file system."""
    name = collapse(_UNSAFE.sub("", name))
    if re.match(r"^(?:[A-Za-z]:|\\\\|/|\.\.?[/\\])", name):
        name = _SEPARATORS.split(name)[-1]
    name = _SEPARATORS.sub("_", name).strip(". ") if name.strip(".") else ""
    if len(name) <= limits.MAX_FILE_NAME:
        return name
    stem, dot, extension = name.rpartition(".")
    if not dot or len(extension) > 10:
        return name[: limits.MAX_FILE_NAME]
    return f"{stem[: limits.MAX_FILE_NAME - len(extension) - 1]}.{extension}"


def _unique(name: str, taken: set[str]) -> str:
    stem, dot, extension = name.rpartition(".")
    if not dot:
        stem, extension = name, ""
    candidate, number = name, 0
    while candidate in taken:
        number += 1
        candidate = f"{stem}{number}{dot}{extension}"
    taken.add(candidate)
    return candidate

"""What a file is, by its first bytes: a name and a declared type can say anything."""

from __future__ import annotations

_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF8", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"#!AMR", "audio/amr"),
    (4, b"ftyp", "video/mp4"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"MZ", "application/vnd.microsoft.portable-executable"),
    (0, b"\x7fELF", "application/x-elf"),
)
_ALIKE = {"video/mp4": ("video/", "audio/"), "audio/ogg": ("audio/", "video/", "application/ogg")}
_HTML = (b"<!doctype html", b"<html", b"<script", b"<svg")


def kind_of(data: bytes) -> str:
    """A media type; "" when the bytes do not tell."""
    for start, mark, kind in _BEGINNINGS:
        if data[start : start + len(mark)] == mark:
            return kind
    head = data[:256].lstrip().lower()
    return "text/html" if head.startswith(_HTML) else ""


def mislabelled(declared: str, data: bytes) -> str:
    """What it really is, when that is not what was declared; "" when the two agree or nothing is known."""
    real, declared = kind_of(data), declared.partition(";")[0].strip().lower()
    if not real or real == declared:
        return ""
    if real == "application/zip" and declared.startswith("application/"):
        return ""  # office documents are zip files
    return "" if declared.startswith(_ALIKE.get(real, ("-",))) else real

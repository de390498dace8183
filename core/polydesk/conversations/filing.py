"""Whether a channel can carry a file."""

from __future__ import annotations

from typing import Any

from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.types import Capabilities


def check(file: dict[str, Any], can: Capabilities) -> None:
    """`Invalid`, naming the file, when its kind or size cannot go this way; `file` is a stored attachment."""
    name, size = file["name"], int(file["size"])
    if not can.attachments:
        raise Invalid({"files": _("This channel cannot carry files.")})
    limits = [most for kind, most in can.file_limits if file["media_type"].lower().startswith(kind)]
    if can.file_limits and not limits:
        raise Invalid({"files": _("%(name)s is of a kind that this channel cannot carry.", name=name)})
    most = min((each for each in (*limits[:1], can.max_file) if each), default=0)
    if most and size > most:
        megabytes = f"{most / 1_000_000:.1f}".rstrip("0").rstrip(".")
        raise Invalid(
            {"files": _("%(name)s is larger than the %(size)s MB this channel carries.", name=name, size=megabytes)}
        )

"""One line about an invitation, so that nobody must open the file to see what it is."""

from __future__ import annotations

import re

from polydesk import N_, Text
from polydesk_email import body
from polydesk_email.headers import collapse
from polydesk_email.structure import Part

_FIELD = re.compile(r"^(SUMMARY|DTSTART|METHOD|LOCATION)(?:;[^:\n]{0,200})?:(.{0,400})$", re.MULTILINE)
_FOLD = re.compile(r"\n[ \t]")
_WHEN = re.compile(r"^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2}))?")


def invitation(part: Part) -> Text | None:
    """What it is about and when, as the calendar file says; None when it holds no event."""
    words = _FOLD.sub("", body.text(part)[:50_000])
    event = words.find("BEGIN:VEVENT")
    if event < 0:
        return None
    method = next((value for name, value in _FIELD.findall(words[:event]) if name == "METHOD"), "").strip().upper()
    found = dict(reversed(_FIELD.findall(words[event:])))
    summary = collapse(re.sub(r"\\n", " ", found.get("SUMMARY", ""), flags=re.IGNORECASE).replace("\\", ""))[:150]
    when = _WHEN.match(found.get("DTSTART", ""))
    day = "-".join(when.groups()[:3]) if when else "?"
    time = f" {when.group(4)}:{when.group(5)}" if when and when.group(4) else ""
    values: dict[str, str | int] = {"summary": summary or "?", "when": day + time}
    if method == "CANCEL":
        return Text(N_("Calendar: “{summary}” on {when} was cancelled."), values)
    if method == "REPLY":
        return Text(N_("Calendar: an answer to “{summary}” on {when}."), values)
    return Text(N_("Calendar: an invitation to “{summary}” on {when}."), values)

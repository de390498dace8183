"""What happened, in one quiet line: who did what, as the reader would say it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from polydesk import hooks, i18n, plugins
from polydesk.conversations.views import Entry
from polydesk.i18n import _


def tell(entry: Entry, queues: Mapping[int, str]) -> tuple[str, str, str]:
    """Icon, sentence, and tone ("" or "bad") for anything that is not a message or a note."""
    who = entry.person_name
    data = entry.data
    match entry.kind:
        case "assigned":
            return "user-check" if data.get("to") else "user-x", _assigned(entry), ""
        case "status":
            return _status(entry)
        case "priority":
            return "flag", _by(who, _("Priority: %(name)s", name=priority(int(data.get("to") or 0)))), ""
        case "category":
            value = str(data.get("to") or "")
            return "category", _by(who, _("Category: %(name)s", name=value) if value else _("Category removed")), ""
        case "tags":
            value = ", ".join(str(data.get("to") or "").split())
            return "tag", _by(who, _("Tags: %(names)s", names=value) if value else _("Tags removed")), ""
        case "queue":
            name = str(data.get("name") or queues.get(int(data.get("queue") or 0), ""))
            return "stack-2", _by(who, _("Moved to the queue %(name)s", name=name)), ""
        case "delivery":
            reason, to = str(data.get("reason", "")), str(data.get("recipient", ""))
            if to:
                return "alert-triangle", _("Not delivered to %(to)s: %(reason)s", to=to, reason=reason), "bad"
            return "alert-triangle", _("Not delivered: %(reason)s", reason=reason), "bad"
    known = plugins.contributor(hooks.polydesk_item_kinds, entry.kind)
    if known is not None:
        label = i18n.render(known[1].label)
        return known[1].icon, f"{label}: {entry.text}" if entry.text else label, ""
    return "point", entry.text or entry.kind, ""


def priority(value: int) -> str:
    """A priority's name."""
    return {-1: _("Low"), 1: _("High"), 2: _("Urgent")}.get(value, _("Normal"))


def _by(who: str, what: str) -> str:
    return _("%(what)s, by %(who)s", what=what, who=who) if who else what


def _assigned(entry: Entry) -> str:
    who, name = entry.person_name, str(entry.data.get("name", ""))
    if not entry.data.get("to"):
        return _("%(who)s let go of it", who=who) if who else _("Nobody has it now")
    if entry.person is not None and entry.person == entry.data.get("to"):
        return _("%(who)s took it", who=who)
    if who:
        return _("%(who)s gave it to %(name)s", who=who, name=name)
    return _("Given to %(name)s by the queue", name=name)


def _status(entry: Entry) -> tuple[str, str, str]:
    who, data = entry.person_name, entry.data
    match data.get("to"):
        case "solved":
            return "circle-check", _("%(who)s solved it", who=who) if who else _("Solved"), ""
        case "waiting":
            return "hourglass", _by(who, _("Waiting for the contact")), ""
        case "snoozed":
            until = _moment(data.get("until"))
            return "clock-pause", _by(who, _("Snoozed until %(when)s", when=i18n.when(until))), ""
    if data.get("by") == "reply":
        return "arrow-back-up", _("Open again: the contact wrote"), ""
    if data.get("from") == "snoozed" and not who:
        return "bolt", _("Back from snooze"), ""
    return "circle-dot", _by(who, _("Open again")), ""


def _moment(value: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        return None

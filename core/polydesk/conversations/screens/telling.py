"""What happened, in one quiet line: who did what, as the reader would say it."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

import msgspec

from polydesk import hooks, i18n, plugins
from polydesk.contacts.kinds import KINDS
from polydesk.conversations.views import Entry
from polydesk.i18n import _
from polydesk.scopes.switches import enabled
from polydesk.types import Scope, Told

log = logging.getLogger("polydesk.conversations")


def told(entry: Entry, queues: Mapping[int, str], scope: Scope) -> Told:
    """How anything reads that is not a message or a note."""
    known = plugins.contributor(hooks.polydesk_item_kinds, entry.kind)
    if known is not None and known[1].tell is not None:
        try:
            own: Told = known[1].tell(entry.person_name, entry.text, entry.data)
            # What happened stays readable; where it leads is not there while the plugin is off.
            link = own.link if known[0].name in enabled(scope) else ""
            return msgspec.structs.replace(own, icon=own.icon or known[1].icon, link=link)
        except Exception:
            # An old item must not take the page away from the agent.
            log.exception("plugin %s cannot tell an item of kind %s", known[0].name, entry.kind)
    icon, line, tone = tell(entry, queues)
    return Told(line=line, tone="bad" if tone == "bad" else "", icon=icon)


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
        case "learned":
            told = ", ".join(_told(str(name), str(value)) for name, value in (data.get("told") or {}).items())
            return "sitemap", _("Learned from the answers: %(facts)s", facts=told), ""
        case "merged":
            return "arrow-merge", _by(who, _("Joined with the contact %(name)s", name=str(data.get("name") or ""))), ""
        case "reaction":
            sign = str(data.get("sign") or "")
            by = i18n.isolated(who or str(data.get("by") or ""), "auto")
            words = (
                _("%(who)s reacted: %(sign)s", who=by, sign=i18n.isolated(sign, "auto"))
                if sign
                else _("%(who)s took a reaction back", who=by)
            )
            return "mood-smile", words, ""
        case "revision":
            if data.get("text") is None:
                return "trash", _("An earlier message was taken back"), ""
            return "edit", _("An earlier message was changed: %(text)s", text=str(data["text"])), ""
    known = plugins.contributor(hooks.polydesk_item_kinds, entry.kind)
    if known is not None:
        label = i18n.render(known[1].label)
        return known[1].icon, f"{label}: {entry.text}" if entry.text else label, ""
    return "point", entry.text or entry.kind, ""


def priority(value: int) -> str:
    """A priority's name."""
    return {-1: _("Low"), 1: _("High"), 2: _("Urgent")}.get(value, _("Normal"))


def _told(name: str, value: str) -> str:
    match name:
        case "contact_kind":
            return _("type: %(value)s", value=i18n.render(KINDS.get(value, value)))
        case "language":
            return _("language: %(value)s", value=i18n.language_name(value))
        case "category":
            return _("category: %(value)s", value=value)
        case "tags":
            return _("tags: %(value)s", value=value)
    return f"{name}: {value}"


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

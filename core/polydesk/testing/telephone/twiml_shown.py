"""The resources of the make-believe Twilio as its API shows them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from polydesk.testing.telephone.twiml import Number
    from polydesk.testing.telephone.twiml_calls import TwilioLine
    from polydesk.testing.telephone.twiml_queues import Member, Queue
    from polydesk.testing.telephone.twiml_rooms import Conference, Participant


def number(it: Number) -> dict[str, Any]:
    """A number and where its calls go."""
    return {
        "phone_number": it.number,
        "friendly_name": it.number,
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "voice_url": it.voice_url,
        "voice_method": "POST",
        "voice_fallback_url": it.fallback,
        "status_callback": it.callback,
    }


def call(line: TwilioLine) -> dict[str, Any]:
    """A call, living or not."""
    status = "queued" if line.status == "initiated" else line.status
    return {
        "sid": line.sid,
        "account_sid": line.exchange.account_sid,
        "parent_call_sid": line.parent or None,
        "from": line.sender,
        "to": line.to,
        "status": status,
        "direction": line.direction,
        "answered_by": line.answered_by or None,
        "start_time": _moment(line.answered),
        "end_time": _moment(line.over),
        "duration": str(line.seconds) if line.over else None,
        "date_created": format_datetime(line.made_at),
        "price": None,
        "price_unit": "USD",
        "queue_time": "0",
        "forwarded_from": None,
        "caller_name": line.name or None,
        "uri": f"/2010-04-01/Accounts/{line.exchange.account_sid}/Calls/{line.sid}.json",
    }


def queue(it: Queue) -> dict[str, Any]:
    """A queue."""
    return {
        "sid": it.sid,
        "friendly_name": it.name,
        "current_size": len(it.members),
        "average_wait_time": it.average,
        "max_size": it.most,
    }


def member(it: Queue, who: Member) -> dict[str, Any]:
    """Somebody in a queue."""
    return {
        "call_sid": who.line.sid,
        "queue_sid": it.sid,
        "position": it.members.index(who) + 1,
        "wait_time": it.waited(who),
        "date_enqueued": _moment(who.since),
    }


def conference(it: Conference) -> dict[str, Any]:
    """A room."""
    return {
        "sid": it.sid,
        "friendly_name": it.name,
        "status": it.status,
        "region": "us1",
        "date_created": format_datetime(it.made_at),
    }


def participant(room: Conference, it: Participant) -> dict[str, Any]:
    """Somebody in a room."""
    return {
        "call_sid": it.line.sid,
        "conference_sid": room.sid,
        "label": it.label or None,
        "muted": it.muted,
        "hold": it.hold,
        "coaching": bool(it.coach),
        "call_sid_to_coach": it.coach or None,
        "start_conference_on_enter": it.starts,
        "end_conference_on_exit": it.ends,
        "status": "connected",
        "date_created": format_datetime(it.since),
    }


def _moment(monotonic: float) -> str | None:
    if not monotonic:
        return None
    return format_datetime(datetime.now(UTC) - timedelta(seconds=time.monotonic() - monotonic))

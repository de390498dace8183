"""What became of a message we sent."""

from __future__ import annotations

from typing import Any, Literal

from polydesk.types import Nothing, StatusUpdate
from polydesk_whatsapp import codes
from polydesk_whatsapp.content import moment
from polydesk_whatsapp.graph import described

_STATES: dict[str, Literal["sent", "delivered", "read", "failed"]] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "read",
    "played": "read",
    "failed": "failed",
}
PART = "#"
"""What stands between our correlation and the number of a part, for all parts but the last."""


def update(status: dict[str, Any]) -> StatusUpdate | Nothing:
    """One status object. Of a message sent in parts the last one tells, but each may fail."""
    said = str(status.get("status"))
    state = _STATES.get(said)
    if state is None:
        return Nothing(reason=f"status {said}")
    errors = [each for each in status.get("errors") or () if isinstance(each, dict)]
    correlation, part, _number = str(status.get("biz_opaque_callback_data") or "").partition(PART)
    if part and state != "failed":
        return Nothing(reason=f"an earlier part is {said}")
    ids = (str(status["id"]),) if status.get("id") else ()
    if not ids and not correlation:
        return Nothing(reason="a status that names no message")
    details: dict[str, Any] = {"played": True} if said == "played" else {}
    if isinstance(pricing := status.get("pricing"), dict):
        details["pricing"] = {name: pricing.get(name) for name in ("category", "type", "billable")}
    return StatusUpdate(
        external_ids=ids,
        state=state,
        reason="; ".join(described(each) for each in errors),
        # No recipient is named: a number without WhatsApp may well get a short message.
        permanent=any(each.get("code") in codes.GONE for each in errors),
        occurred_at=moment(status.get("timestamp")),
        details=details,
        correlation=correlation,
    )

"""The shapes of WhatsApp webhooks, without any state: envelope, message, status."""

from __future__ import annotations

from typing import Any

from polydesk.testing.meta.signing import signed

Body = dict[str, Any]


def envelope(business: str, number: str, shown: str, field: str = "messages", **value: Any) -> Body:
    """One change of one WhatsApp Business account; `value` stands beside the number's own facts."""
    if field in {"messages", "smb_message_echoes"}:
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": shown, "phone_number_id": number},
            **value,
        }
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": business, "changes": [{"field": field, "value": value}]}],
    }


def text(business: str, number: str, shown: str, *, sender: str, words: str, name: str, id: str, at: int) -> Body:
    """A text from somebody with a telephone number."""
    return envelope(
        business,
        number,
        shown,
        contacts=[{"profile": {"name": name}, "wa_id": sender}],
        messages=[{"from": sender, "id": id, "timestamp": str(at), "type": "text", "text": {"body": words}}],
    )


def signed_text(
    secret: str,
    *,
    number: str,
    sender: str,
    words: str,
    id: str,
    at: int,
    name: str = "Nino",
    business: str = "WABA1",
    shown: str = "995322000222",
) -> tuple[bytes, dict[str, str]]:
    """Bytes and headers of one text from one sender: all that a load generator needs (thousands a second)."""
    return signed(secret, text(business, number, shown, sender=sender, words=words, name=name, id=id, at=at))


def merged(bodies: list[Body]) -> Body:
    """Several bodies in one, as Meta batches what has gathered."""
    return {"object": bodies[0]["object"], "entry": [entry for body in bodies for entry in body["entry"]]}

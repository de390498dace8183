"""Is this a message that Messenger or Instagram would take? Or a Graph error."""

from __future__ import annotations

from typing import Any

from polydesk.testing.meta.failures import GraphError

KINDS = ("image", "audio", "video", "file")
_TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG")


def _need(condition: object, details: str) -> None:
    if not condition:
        raise GraphError(100, details, message=f"Param error: {details}")


def check_sign(asked: dict[str, Any]) -> None:
    """Typing and read."""
    _need((asked.get("recipient") or {}).get("id"), "recipient.id is required")
    _need(asked["sender_action"] in ("mark_seen", "typing_on", "typing_off"), "sender_action is not known")


def check(asked: dict[str, Any], platform: str) -> None:
    """Raise what Meta would answer to a malformed message."""
    recipient, message = asked.get("recipient") or {}, asked.get("message") or {}
    _need(recipient.get("id") or recipient.get("comment_id"), "recipient is required")
    if "messaging_type" in asked:
        _need(asked["messaging_type"] in _TYPES, "messaging_type is not known")
    if asked.get("messaging_type") == "MESSAGE_TAG":
        # The other tags were retired on 2026-04-27.
        _need(asked.get("tag") == "HUMAN_AGENT", "tag is not allowed")
    _need(bool(message.get("text")) != bool(message.get("attachment")), "either text or attachment is required")
    if text := message.get("text"):
        long = len(text.encode()) > 1000 if platform == "instagram" else len(text) > 2000
        _need(not long, "text is too long")
    if "metadata" in message:
        _need(len(message["metadata"]) <= 1000, "metadata is too long")
    if replies := message.get("quick_replies"):
        _need(len(replies) <= 13, "at most 13 quick replies")
        for each in replies:
            _need(each.get("content_type") == "text", "content_type must be text")
            _need(each.get("title") and len(each["title"]) <= 20, "title: 1 to 20 characters")
            _need(each.get("payload") and len(each["payload"]) <= 1000, "payload: 1 to 1000 characters")
    if attachment := message.get("attachment"):
        payload = attachment.get("payload") or {}
        if attachment.get("type") == "template":
            _template(payload)
        else:
            _need(attachment.get("type") in KINDS, "attachment type is not known")
            _need(payload.get("url") or payload.get("attachment_id"), "url or attachment_id is required")


def _template(payload: dict[str, Any]) -> None:
    _need(payload.get("template_type") == "button", "template_type is not known")
    _need(payload.get("text") and len(payload["text"]) <= 640, "text: 1 to 640 characters")
    buttons = payload.get("buttons") or []
    _need(1 <= len(buttons) <= 3, "1 to 3 buttons")
    for each in buttons:
        _need(each.get("type") in ("postback", "web_url"), "button type is not known")
        _need(each.get("title") and len(each["title"]) <= 20, "title: 1 to 20 characters")

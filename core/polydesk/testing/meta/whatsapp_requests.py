"""Is this a message that Meta would take? The limits of buttons, lists, words and templates, or a Graph error."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from polydesk.testing.meta.failures import GraphError

Content = dict[str, Any]


def _need(condition: object, details: str, number: int = 100) -> None:
    if not condition:
        raise GraphError(number, details)


def _words(value: object, most: int, what: str) -> None:
    _need(isinstance(value, str) and value, f"{what} is required", 131008)
    _need(len(str(value)) <= most, f"{what} must be at most {most} characters long", 131009)


def check(message: dict[str, Any]) -> None:
    """Raise what Meta would answer to a malformed message."""
    _need(message.get("messaging_product") == "whatsapp", "messaging_product must be whatsapp")
    _need(message.get("to") or message.get("recipient"), "The parameter to is required.", 131008)
    _need(message.get("recipient_type", "individual") == "individual", "recipient_type is not known")
    kind = message.get("type", "text")
    _need(kind in _CHECKS, f"type must be one of {', '.join(_CHECKS)}", 131009)
    _need(isinstance(message.get(kind), dict | list), f"The parameter {kind} is required.", 131008)
    if "biz_opaque_callback_data" in message:
        _words(message["biz_opaque_callback_data"], 512, "biz_opaque_callback_data")
    if "context" in message:
        _words(message["context"].get("message_id"), 500, "context.message_id")
    if message.get("recipient") and not message.get("to"):
        _need(kind not in ("order_details", "order_status"), "", 131062)
    _CHECKS[kind](message[kind])


def _text(content: Content) -> None:
    _words(content.get("body"), 4096, "text.body")


def _media(content: Content) -> None:
    _need(bool(content.get("id")) != bool(content.get("link")), "Either id or link is required.", 131008)
    if "caption" in content:
        _words(content["caption"], 1024, "caption")


def _silent_media(content: Content) -> None:
    _need("caption" not in content, "caption is not allowed here")
    _media(content)


def _location(content: Content) -> None:
    for name, most in (("latitude", 90), ("longitude", 180)):
        value = content.get(name)
        _need(isinstance(value, int | float) and -most <= value <= most, f"location.{name} is wrong")


def _contacts(content: Any) -> None:
    _need(isinstance(content, list) and 1 <= len(content) <= 5, "1 to 5 contacts")
    for each in content:
        name = each.get("name", {})
        _words(name.get("formatted_name"), 1000, "name.formatted_name")
        _need(len(name) > 1, "name needs one more part than formatted_name", 131009)


def _reaction(content: Content) -> None:
    _words(content.get("message_id"), 500, "reaction.message_id")
    _need(isinstance(content.get("emoji"), str), "reaction.emoji is required", 131008)


def _interactive(content: Content) -> None:
    kind, action = content.get("type"), content.get("action") or {}
    if "header" in content and kind in ("list", "product_list"):
        _need(content["header"].get("type") == "text", "Only a text header is allowed here", 131009)
    if content.get("header", {}).get("type") == "text":
        _words(content["header"].get("text"), 60, "header.text")
    if "footer" in content:
        _words(content["footer"].get("text"), 60, "footer.text")
    if kind != "product" or "body" in content:
        _words((content.get("body") or {}).get("text"), 4096 if kind == "list" else 1024, "body.text")
    if kind == "button":
        _buttons(action)
    elif kind == "list":
        _list(action)
    elif kind == "product_list":
        _words(content.get("header", {}).get("text"), 60, "header.text")
        _words(action.get("catalog_id"), 100, "catalog_id")
        goods = _sections(action, "product_items", 30)
        for each in goods:
            _words(each.get("product_retailer_id"), 100, "product_retailer_id")
    elif kind == "product":
        _need("header" not in content, "header is not allowed here", 131009)
        _words(action.get("catalog_id"), 100, "catalog_id")
        _words(action.get("product_retailer_id"), 100, "product_retailer_id")
    else:
        raise GraphError(131009, f"interactive.type {kind} is not known")


def _buttons(action: Content) -> None:
    buttons = action.get("buttons") or []
    _need(1 <= len(buttons) <= 3, "1 to 3 buttons", 131009)
    for each in buttons:
        _need(each.get("type") == "reply", "button type must be reply", 131009)
        _words(each["reply"].get("id"), 256, "button id")
        _words(each["reply"].get("title"), 20, "button title")
    _different([each["reply"]["id"] for each in buttons], "button ids")
    _different([each["reply"]["title"] for each in buttons], "button titles")


def _list(action: Content) -> None:
    _words(action.get("button"), 20, "action.button")
    rows = _sections(action, "rows", 10)
    for row in rows:
        _words(row.get("id"), 200, "row id")
        _words(row.get("title"), 24, "row title")
        if "description" in row:
            _words(row["description"], 72, "row description")
    _different([row["id"] for row in rows], "row ids")


def _sections(action: Content, name: str, most: int) -> list[Content]:
    sections = action.get("sections") or []
    _need(1 <= len(sections) <= 10, "1 to 10 sections", 131009)
    for each in sections:
        if len(sections) > 1:
            _words(each.get("title"), 24, "section title")
        _need(each.get(name), f"a section without {name}", 131009)
    found = [row for each in sections for row in each[name]]
    _need(len(found) <= most, f"at most {most} {name}", 131009)
    return found


def _different(values: list[str], what: str) -> None:
    _need(len(set(values)) == len(values), f"{what} must be different", 131009)


def _template(content: Content) -> None:
    _words(content.get("name"), 512, "template.name")
    _words((content.get("language") or {}).get("code"), 20, "template.language.code")


_CHECKS: dict[str, Callable[[Any], None]] = {
    "text": _text,
    "image": _media,
    "video": _media,
    "document": _media,
    "audio": _silent_media,
    "sticker": _silent_media,
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
}


def check_template(content: Content, templates: list[Content]) -> None:
    """Is the template approved in that language, and is every hole filled?"""
    found = [
        each
        for each in templates
        if each["name"] == content["name"] and each["language"] == content["language"]["code"]
    ]
    _need(found, "", 132001)
    _need(found[0]["status"] != "PAUSED", "", 132015)
    _need(found[0]["status"] == "APPROVED", "", 132001)
    given = {part["type"]: part.get("parameters", []) for part in content.get("components", [])}
    for part in found[0]["components"]:
        if part["type"] not in ("HEADER", "BODY") or part.get("format", "TEXT") != "TEXT":
            continue
        holes = part.get("text", "").count("{{")
        _need(len(given.get(part["type"].lower(), [])) == holes, f"{part['type']}: {holes} expected", 132000)

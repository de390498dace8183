"""Templates: read from Meta page by page, shown with their holes, and filled."""

from __future__ import annotations

import re
from typing import Any

from polydesk.types import Template, TemplateParameter, TemplateUse
from polydesk_whatsapp import graph
from polydesk_whatsapp.settings import WhatsAppSettings

_HOLE = re.compile(r"\{\{\s*(\w+)\s*\}\}")
_PAGES = 50
_NOT_FROM_HERE = {"OTP", "COPY_CODE", "MPM"}
"""Buttons that want more than words when they are sent."""
_MEDIA = {"IMAGE": "image", "VIDEO": "video", "DOCUMENT": "document"}


async def of(settings: WhatsAppSettings) -> tuple[Template, ...]:
    """Every template of the business account, whatever its state."""
    found: list[Template] = []
    after = ""
    for _page in range(_PAGES):
        query = [("limit", "100"), *([("after", after)] if after else [])]
        answer = await graph.call(settings, "GET", f"{settings.business_id}/message_templates", query=query)
        data = answer.get("data")
        found += [read(each) for each in data if isinstance(each, dict)] if isinstance(data, list) else []
        paging = answer.get("paging") if isinstance(answer.get("paging"), dict) else {}
        after = str(((paging or {}).get("cursors") or {}).get("after") or "")
        if not (paging or {}).get("next") or not after:
            break
    return tuple(found)


def read(told: dict[str, Any]) -> Template:
    """One template as Graph lists it. Holes in header and buttons get keys of their own."""
    parts = {str(each.get("type")).upper(): each for each in told.get("components") or () if isinstance(each, dict)}
    header, body = parts.get("HEADER", {}), parts.get("BODY", {})
    buttons = [each for each in parts.get("BUTTONS", {}).get("buttons") or () if isinstance(each, dict)]
    header_text, body_text = str(header.get("text") or ""), str(body.get("text") or "")
    parameters = [TemplateParameter(key=f"header_{key}", place="header") for key in _keys(header_text)]
    if (kind := str(header.get("format") or "TEXT").upper()) in _MEDIA:
        key = f"header_{_MEDIA[kind]}"
        parameters.append(TemplateParameter(key=key, place="header", kind="media"))
        header_text = f"{{{{{key}}}}}"
    examples = _examples(body)
    parameters += [
        TemplateParameter(key=key, example=examples.get(key, examples.get(str(place), "")))
        for place, key in enumerate(_keys(body_text))
    ]
    parameters += [
        TemplateParameter(key=f"button_{index}", place="button", kind="text", example=str(each.get("url") or ""))
        for index, each in enumerate(buttons)
        if _HOLE.search(str(each.get("url") or ""))
    ]
    status = str(told.get("status") or "")
    kinds = {str(each.get("type")) for each in buttons}
    return Template(
        name=str(told.get("name") or ""),
        language=str(told.get("language") or ""),
        body=body_text,
        status=status,
        approved=status == "APPROVED" and kind != "LOCATION" and not kinds & _NOT_FROM_HERE,
        category=str(told.get("category") or ""),
        header=_HOLE.sub(r"{{header_\1}}", header_text) if kind == "TEXT" else header_text,
        footer=str(parts.get("FOOTER", {}).get("text") or ""),
        buttons=tuple(str(each.get("text") or "") for each in buttons),
        parameters=tuple(parameters),
    )


def _keys(text: str) -> list[str]:
    return list(dict.fromkeys(_HOLE.findall(text)))


def _examples(body: dict[str, Any]) -> dict[str, str]:
    example = body.get("example") if isinstance(body.get("example"), dict) else {}
    found: dict[str, str] = {}
    for each in (example or {}).get("body_text_named_params") or ():
        found[str(each.get("param_name"))] = str(each.get("example"))
    for row in list((example or {}).get("body_text") or ())[:1]:
        found.update({str(place): str(value) for place, value in enumerate(row)})
    return found


def filled(use: TemplateUse) -> dict[str, Any]:
    """The `template` object of a message."""
    components: list[dict[str, Any]] = []
    for place in ("header", "body"):
        holes = [each for each in use.template.parameters if each.place == place]
        if holes:
            values = [_parameter(each, use.values.get(each.key, "")) for each in holes]
            components.append({"type": place, "parameters": values})
    for hole in use.template.parameters:
        if hole.place == "button":
            index = hole.key.removeprefix("button_")
            value = {"type": "text", "text": use.values.get(hole.key, "")}
            components.append({"type": "button", "sub_type": "url", "index": index, "parameters": [value]})
    found: dict[str, Any] = {"name": use.template.name, "language": {"code": use.template.language}}
    return {**found, "components": components} if components else found


def _parameter(hole: TemplateParameter, value: str) -> dict[str, Any]:
    if hole.kind == "media":
        kind = hole.key.removeprefix("header_")
        return {"type": kind, kind: {"link": value}}
    # What is not a number is a name, and named holes are filled by name.
    key = hole.key.removeprefix("header_") if hole.place == "header" else hole.key
    named = {} if key.isdecimal() else {"parameter_name": key}
    return {"type": "text", **named, "text": value}

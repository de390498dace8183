"""What we send as Meta wants it: one reply may be several messages, in this order."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import i18n
from polydesk.i18n import _
from polydesk.types import Basket, Card, Link, Outgoing, OutgoingFile, Place, Products, Prompt
from polydesk_whatsapp import cutting, pieces, templates
from polydesk_whatsapp.settings import WhatsAppSettings

TEXT, CAPTION, BODY = 4096, 1024, 1024
_BUTTON, _ROW, _DESCRIPTION, _ID = 20, 24, 72, 200
BUTTONS = 3
_TAKEN_BACK = "-"


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One message; `file` is uploaded first and its id put under `content["id"]`."""

    kind: str
    content: Any
    file: OutgoingFile | None = None


def parts(outgoing: Outgoing, settings: WhatsAppSettings) -> list[Part]:
    """Every message of a reply, the words first."""
    if outgoing.reaction:
        sign = "" if outgoing.reaction == _TAKEN_BACK else outgoing.reaction
        return [Part(kind="reaction", content={"message_id": outgoing.quotes, "emoji": sign})]
    if outgoing.template is not None:
        return [Part(kind="template", content=templates.filled(outgoing.template))]
    text = _words(outgoing)
    goods = [each for each in outgoing.pieces if isinstance(each, Products)]
    files = list(outgoing.files)
    found: list[Part] = []
    if outgoing.prompt is not None and outgoing.prompt.choices:
        *first, last = cutting.parts(text or outgoing.prompt.text, BODY) or ["?"]
        found += [_text(each) for each in first]
        found.append(Part(kind="interactive", content=asked(outgoing.prompt, last)))
        text = ""
    elif goods:
        *first, last = cutting.parts(text, BODY) or [""]
        found += [_text(each) for each in first]
        found.append(Part(kind="interactive", content=_products(goods[0], last, settings)))
        text = ""
    caption = text if len(files) == 1 and len(text) <= CAPTION and _captioned(files[0]) else ""
    if not caption:
        found += [_text(each) for each in cutting.parts(text, TEXT)]
    found += [_file(each, caption) for each in files]
    for piece in outgoing.pieces:
        if isinstance(piece, Place | Card):
            written = pieces.written(piece)
            found.append(Part(kind=written["type"], content=written[written["type"]]))
    return found


def _words(outgoing: Outgoing) -> str:
    """What has no form of its own at WhatsApp goes as words."""
    links = [each.url for each in outgoing.pieces if isinstance(each, Link) and each.url not in outgoing.text]
    lines = [
        f"{line.quantity} × {line.name or line.sku}"
        for each in outgoing.pieces
        if isinstance(each, Basket)
        for line in each.lines
    ]
    return "\n".join([outgoing.text, *lines, *links]).strip()


def _text(words: str) -> Part:
    return Part(kind="text", content={"body": words, "preview_url": "https://" in words})


def asked(prompt: Prompt, body: str) -> dict[str, Any]:
    """Up to three short answers are buttons; more, or longer ones, a list."""
    labels = [choice.label for choice in prompt.choices]
    ids = [choice.value[:_ID] for choice in prompt.choices]
    if len(labels) <= BUTTONS and all(len(each) <= _BUTTON for each in labels):
        titles = cutting.different(labels, _BUTTON)
        buttons = [
            {"type": "reply", "reply": {"id": value, "title": title}} for value, title in zip(ids, titles, strict=True)
        ]
        return {"type": "button", "body": {"text": body}, "action": {"buttons": buttons}}
    rows = []
    for choice, value, title in zip(prompt.choices, ids, cutting.different(labels, _ROW), strict=True):
        row = {"id": value, "title": title}
        if more := choice.description or (choice.label if title != choice.label else ""):
            row["description"] = cutting.short(more, _DESCRIPTION)
        rows.append(row)
    with i18n.using(prompt.language or i18n.language()):
        word = cutting.short(_("Choose"), _BUTTON)
    return {"type": "list", "body": {"text": body}, "action": {"button": word, "sections": [{"rows": rows}]}}


def _products(goods: Products, body: str, settings: WhatsAppSettings) -> dict[str, Any]:
    catalogue = goods.catalogue or settings.catalogue
    if len(goods.skus) == 1:
        found: dict[str, Any] = {"type": "product", "body": {"text": body}} if body else {"type": "product"}
        return {**found, "action": {"catalog_id": catalogue, "product_retailer_id": goods.skus[0]}}
    title = cutting.short(goods.title, 60) or "…"
    items = [{"product_retailer_id": each} for each in goods.skus[:30]]
    return {
        "type": "product_list",
        "header": {"type": "text", "text": title},
        "body": {"text": body or title},
        "action": {
            "catalog_id": catalogue,
            "sections": [{"title": cutting.short(title, _ROW), "product_items": items}],
        },
    }


def kind_of(media_type: str) -> str:
    """As what Meta takes a file."""
    if media_type in ("image/jpeg", "image/png"):
        return "image"
    if media_type == "image/webp":
        return "sticker"
    return next((each for each in ("video", "audio") if media_type.startswith(f"{each}/")), "document")


def _captioned(file: OutgoingFile) -> bool:
    return kind_of(file.media_type) in ("image", "video", "document")


def _file(file: OutgoingFile, caption: str) -> Part:
    kind = kind_of(file.media_type)
    content = {"caption": caption} if caption else {}
    if kind == "document":
        content["filename"] = file.name
    return Part(kind=kind, content=content, file=file)


def message(part: Part, to: dict[str, str], *, quotes: str, correlation: str) -> dict[str, Any]:
    """The whole request body of one part."""
    found: dict[str, Any] = {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        **to,
        "type": part.kind,
        part.kind: part.content,
    }
    if quotes and part.kind != "reaction":
        found["context"] = {"message_id": quotes}
    if correlation:
        found["biz_opaque_callback_data"] = correlation
    return found

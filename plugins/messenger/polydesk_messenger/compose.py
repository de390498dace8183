"""What we send as Meta wants it: one reply may be several messages, in this order."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk.types import Basket, Card, Link, Outgoing, OutgoingFile, Place, Prompt
from polydesk_messenger import cutting

_TEXT, _TEXT_BYTES = 2000, 1000
_TITLE, _PAYLOAD = 20, 1000
CHOICES = 13


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One message; a `file` is uploaded first."""

    content: dict[str, Any]
    file: OutgoingFile | None = None


def parts(outgoing: Outgoing, channel: str) -> list[Part]:
    """Every message of a reply, the words first."""
    text = _words(outgoing)
    asked = outgoing.prompt if outgoing.prompt is not None and outgoing.prompt.choices else None
    if asked is not None:
        text = _with_long_labels(text or asked.text, asked)
    cut = cutting.parts(text, *((_TEXT_BYTES, cutting.in_bytes) if channel == "instagram" else (_TEXT,)))
    found = [Part(content={"text": each}) for each in cut]
    if asked is not None and found:
        found[-1].content["quick_replies"] = _replies(asked)
    return [*found, *(Part(content={}, file=each) for each in outgoing.files)]


def _words(outgoing: Outgoing) -> str:
    """Pieces have no form of their own here: they go as words."""
    lines = [outgoing.text]
    for each in outgoing.pieces:
        match each:
            case Link():
                lines += [each.url] if each.url not in outgoing.text else []
            case Place():
                lines.append(f"{each.name} https://www.google.com/maps?q={each.latitude},{each.longitude}".strip())
            case Card():
                lines.append(" ".join([each.name, *each.phones, *each.emails]))
            case Basket():
                lines += [f"{line.quantity} × {line.name or line.sku}" for line in each.lines]
    return "\n".join(each for each in lines if each).strip()


def _with_long_labels(text: str, prompt: Prompt) -> str:
    """What does not fit on a button stands in full above it."""
    if all(len(each.label) <= _TITLE for each in prompt.choices):
        return text
    return "\n".join([text, "", *(f"• {each.label}" for each in prompt.choices)])


def _replies(prompt: Prompt) -> list[dict[str, str]]:
    titles = cutting.different([each.label for each in prompt.choices[:CHOICES]], _TITLE)
    return [
        {"content_type": "text", "title": title, "payload": each.value[:_PAYLOAD]}
        for each, title in zip(prompt.choices, titles, strict=False)
    ]


def kind_of(media_type: str) -> str:
    """As what Meta takes a file."""
    return next((each for each in ("image", "video", "audio") if media_type.startswith(f"{each}/")), "file")


def message(part: Part, recipient: dict[str, str], *, late: bool, mark: str) -> dict[str, Any]:
    """The whole request body of one part; late ones say that a person wrote them."""
    content = {**part.content, **({"metadata": mark} if mark else {})}
    found: dict[str, Any] = {"recipient": recipient, "messaging_type": "RESPONSE", "message": content}
    if "comment_id" in recipient:
        del found["messaging_type"]
    elif late:
        found |= {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    return found

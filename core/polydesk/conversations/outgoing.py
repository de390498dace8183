"""A stored reply as its channel is handed it."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk import db, jobs, prompts, secrets, storage
from polydesk.channel import Channel
from polydesk.contacts import identify
from polydesk.conversations import footers, reaching, service
from polydesk.scopes import service as scopes
from polydesk.types import Account, Handle, Outgoing, OutgoingFile, Piece, Prompt, Scope, TemplateUse


def mark() -> str:
    """Ours, and no other desk's on the same account of a service: item numbers alone are not unique."""
    return f"pd:{secrets.sign('correlation', '', 8)}"


async def build(row: dict[str, Any], account: Account, job: jobs.Job, channel: Channel) -> Outgoing:
    """From the stored delivery; files are read just now, numbers stand for choices the channel cannot show."""
    item = (await db.fetch("SELECT * FROM pd_item WHERE id = {}", row["item"]))[0]
    conversation = (await db.fetch("SELECT * FROM pd_conversation WHERE id = {}", row["conversation"]))[0]
    files = await db.fetch("SELECT * FROM pd_attachment WHERE item = {} ORDER BY id", row["item"])
    data = msgspec.json.decode(item["data"])
    contact = await identify.load(conversation["contact"])
    prompt = msgspec.convert(data["prompt"], Prompt) if data.get("prompt") else None
    text = item["text"]
    if prompt is not None and len(prompt.choices) > channel.capabilities.choices:
        text, prompt = prompts.as_text(prompt), None
    window = await reaching.window(account.id, channel, contact.id)
    place = await scopes.place(Scope(conversation["client"], conversation["market"]))
    html = item["html"]
    if not channel.capabilities.chat and not data.get("reaction"):
        text, html = footers.under(text, html, place.words("footer", conversation["language"] or contact.language))
    return Outgoing(
        idempotency_key=job.idempotency_key,
        external_id=row["external_id"],
        conversation=service.from_row(conversation),
        contact=contact,
        item=item["id"],
        to=msgspec.convert(data.get("to", ()), tuple[Handle, ...]),
        copied=msgspec.convert(data.get("copied", ()), tuple[Handle, ...]),
        subject=data.get("subject", ""),
        text=text,
        html=html,
        files=tuple(
            [
                OutgoingFile(
                    name=each["name"], media_type=each["media_type"], data=await storage.get(each["storage_key"])
                )
                for each in files
            ]
        ),
        references=await _references(row),
        author=data.get("author", ""),
        sender=place.sender,
        language=conversation["language"],
        attempt=row["attempts"] + 1,
        again=row["state"] == "sending",
        automatic=bool(data.get("automatic")),
        correlation=f"{mark()}:{item['id']}",
        template=msgspec.convert(data["template"], TemplateUse) if data.get("template") else None,
        prompt=prompt,
        pieces=msgspec.convert(data.get("pieces", ()), tuple[Piece, ...]),
        quotes=await _external_id(data.get("quotes"), row["conversation"]),
        reaction=data.get("reaction", ""),
        late=window.state == "late",
    )


async def _external_id(item: int | None, conversation: int) -> str:
    """What the service calls an item, whoever wrote it."""
    if item is None:
        return ""
    rows = await db.fetch(
        "SELECT i.data, d.external_id FROM pd_item i LEFT JOIN pd_delivery d ON d.item = i.id WHERE i.id = {} "
        "AND i.conversation = {}",
        item,
        conversation,
    )
    if not rows:
        return ""
    return str(rows[0]["external_id"] or msgspec.json.decode(rows[0]["data"]).get("external_id", ""))


async def _references(row: dict[str, Any]) -> tuple[str, ...]:
    """External ids of the messages before this one, oldest first."""
    rows = await db.fetch(
        "SELECT i.data, d.external_id FROM pd_item i LEFT JOIN pd_delivery d ON d.item = i.id "
        "WHERE i.conversation = {} AND i.kind = 'message' AND i.id < {} ORDER BY i.id",
        row["conversation"],
        row["item"],
    )
    ids = (each["external_id"] or msgspec.json.decode(each["data"]).get("external_id", "") for each in rows)
    return tuple(dict.fromkeys(each for each in ids if each))

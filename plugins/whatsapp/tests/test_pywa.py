"""An independent witness: the library pywa reads what our make-believe Meta sends, and asks as we ask."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pywa import WhatsApp
from pywa import types as pywa

from polydesk.testing.fixtures import TestDesk
from polydesk.testing.meta import Meta, User
from polydesk.types import Account, Card, Choice, OutgoingFile, Place, Prompt
from polydesk_whatsapp.channel import WhatsAppChannel

CHANNEL = WhatsAppChannel()
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture
def witness(meta: Meta) -> Iterator[WhatsApp]:
    session = httpx.Client(trust_env=False)
    library = WhatsApp(phone_id="110000000000001", token=meta.token, session=session)
    session.base_url = httpx.URL(f"{meta.url}/{meta.version}")
    yield library
    session.close()


def _parsed(witness: WhatsApp, kind: Any, body: dict[str, Any]) -> Any:
    return kind.from_update(witness, body)


async def test_pywa_reads_our_messages(meta: Meta, witness: WhatsApp, nino: User) -> None:
    whatsapp = meta.whatsapp
    told = meta.webhooks.told
    await whatsapp.text(nino, "გამარჯობა", context={"from": "995322000222", "id": "wamid.OUT1"})
    text = _parsed(witness, pywa.Message, told[-1])
    assert (text.text, text.from_user.wa_id, text.from_user.bsuid) == ("გამარჯობა", "995555000111", "GE.1234567890")
    assert text.reply_to_message.id == "wamid.OUT1"
    await whatsapp.file(nino, "image", PNG, "image/png", caption="look")
    image = _parsed(witness, pywa.Message, told[-1])
    assert (image.caption, image.image.mime_type) == ("look", "image/png")
    assert await asyncio.to_thread(image.image.get_bytes) == PNG
    await whatsapp.write(nino, type="location", location={"latitude": 41.69, "longitude": 44.8})
    assert _parsed(witness, pywa.Message, told[-1]).location.latitude == 41.69
    goods = [{"product_retailer_id": "SKU1", "quantity": 2, "item_price": 30, "currency": "GEL"}]
    await whatsapp.write(nino, type="order", order={"catalog_id": "CAT1", "text": "", "product_items": goods})
    assert _parsed(witness, pywa.Message, told[-1]).order.products[0].sku == "SKU1"
    await whatsapp.write(nino, type="reaction", reaction={"message_id": "wamid.OUT1", "emoji": "👍"})
    assert _parsed(witness, pywa.Message, told[-1]).reaction.emoji == "👍"
    await whatsapp.write(
        nino,
        type="interactive",
        interactive={"type": "button_reply", "button_reply": {"id": "v1", "title": "One"}},
        context={"from": "995322000222", "id": "wamid.OUT1"},
    )
    assert _parsed(witness, pywa.CallbackButton, told[-1]).data == "v1"
    await whatsapp.write(nino, type="revoke", revoke={"original_message_id": text.id})
    assert _parsed(witness, pywa.DeletedMessage, told[-1]).original_message_id == text.id
    fixed = {"original_message_id": text.id, "message": {"type": "text", "text": {"body": "fixed"}}}
    await whatsapp.write(nino, type="edit", edit=fixed)
    assert _parsed(witness, pywa.EditedMessage, told[-1]).message.text == "fixed"
    await whatsapp.text(User(wa_id="1", user_id="GE.9", username="shy", hidden=True), "hi")
    hidden = _parsed(witness, pywa.Message, told[-1])
    assert (hidden.from_user.wa_id, hidden.from_user.bsuid) == (None, "GE.9")


async def test_pywa_reads_our_statuses(
    meta: Meta, witness: WhatsApp, account: Account, nino: User, reply: Any, desk: TestDesk
) -> None:
    await meta.whatsapp.text(nino, "hi")
    outgoing = reply("Hello")
    await CHANNEL.send(outgoing, account)
    await meta.webhooks.settled()
    statuses = [_parsed(witness, pywa.MessageStatus, each) for each in meta.webhooks.told[1:]]
    assert [each.status.value.lower() for each in statuses] == ["sent", "delivered", "read"]
    assert {each.tracker for each in statuses} == {outgoing.correlation}
    sent = meta.whatsapp.sent[0]
    failed = meta.whatsapp.news(meta.whatsapp.numbers["110000000000001"], sent, 131047)[0]
    # Meta leaves contacts out of failures; pywa 4.5 cannot do without.
    failed["entry"][0]["changes"][0]["value"]["contacts"] = [nino.contact()]
    assert _parsed(witness, pywa.MessageStatus, failed).error.code == 131047


async def test_pywa_asks_as_we_ask(
    meta: Meta, witness: WhatsApp, account: Account, nino: User, reply: Any, desk: TestDesk
) -> None:
    await meta.whatsapp.text(nino, "hi")
    to = "+995555000111"
    few = tuple(Choice(value=f"v{number}", label=f"Answer {number}") for number in range(2))
    file = OutgoingFile(name="a.png", media_type="image/png", data=PNG)
    ours = [
        reply("Hello", quotes="wamid.IN1"),
        reply("Which?", prompt=Prompt(text="Which?", choices=few)),
        reply("look", files=(file,)),
        reply(pieces=(Place(latitude=41.7, longitude=44.8, name="Shop"),)),
        reply(pieces=(Card(name="Ana", phones=("+995555000222",)),)),
        reply(reaction="👍", quotes="wamid.IN1"),
    ]
    for each in ours:
        await CHANNEL.send(each, account)

    def ask() -> None:
        witness.send_message(to, "Hello", reply_to_message_id="wamid.IN1", tracker="x")
        witness.send_message(to, "Which?", buttons=[pywa.Button(f"Answer {n}", f"v{n}") for n in range(2)], tracker="x")
        witness.send_image(to, PNG, caption="look", mime_type="image/png", tracker="x")
        witness.send_location(to, 41.7, 44.8, name="Shop", tracker="x")
        contact = pywa.Contact(
            name=pywa.Contact.Name(formatted_name="Ana", first_name="Ana"),
            phones=[pywa.Contact.Phone(phone="+995555000222")],
        )
        witness.send_contact(to, contact, tracker="x")
        witness.send_reaction(to, "👍", "wamid.IN1", tracker="x")

    await asyncio.to_thread(ask)
    mine, theirs = meta.whatsapp.sent[: len(ours)], meta.whatsapp.sent[len(ours) :]
    assert len(theirs) == len(ours)
    for our, their in zip(mine, theirs, strict=True):
        assert shape(our.message) == shape(their.message)


_OURS = {"biz_opaque_callback_data", "preview_url"}


def shape(message: Any, inside: str = "") -> Any:
    """A message without our own marks, what is empty, and the id that an upload happened to get."""
    if isinstance(message, dict):
        unlike = _OURS | ({"id"} if inside == "image" else set())
        return {key: shape(value, key) for key, value in message.items() if key not in unlike and value}
    return [shape(each) for each in message] if isinstance(message, list | tuple) else message

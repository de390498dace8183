"""What Meta brings becomes messages, whoever wrote them and whatever they hold."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from polydesk.testing.meta import Meta, User
from polydesk.types import (
    Basket,
    BasketLine,
    Card,
    Handle,
    Link,
    Message,
    Place,
    Products,
)


async def test_a_text_with_everything_around_it(meta: Meta, nino: User, read: Any) -> None:
    ad = {
        "source_url": "https://fb.me/ad",
        "source_id": "A1",
        "source_type": "ad",
        "headline": "Sale",
        "ctwa_clid": "c",
    }
    context = {"from": "995322000222", "id": "wamid.OUT1", "forwarded": True}
    id = await meta.whatsapp.text(nino, "გამარჯობა / ok", context=context, referral=ad, timestamp="1790000000")
    (message,) = await read()
    assert isinstance(message, Message)
    assert (message.external_id, message.text, message.quotes) == (id, "გამარჯობა / ok", "wamid.OUT1")
    assert message.sender == Handle("phone", "+995555000111", "Nino K")
    assert {(each.kind, each.value) for each in message.also} == {
        ("whatsapp", "GE.1234567890"),
        ("whatsapp_name", "nino.k"),
    }
    assert message.sent_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=UTC)
    assert message.pieces == (Link(url="https://fb.me/ad", title="Sale", role="ad"),)
    assert message.details["referral"]["ctwa_clid"] == "c"
    assert [str(each) for each in message.notices] == ["Forwarded."]


async def test_somebody_who_hides_the_number(meta: Meta, read: Any) -> None:
    await meta.whatsapp.text(User(wa_id="995555000111", user_id="GE.9", username="shy", hidden=True), "hi")
    (message,) = await read()
    assert message.sender == Handle("whatsapp", "GE.9", "shy")


async def test_places_cards_baskets_products_and_taps(meta: Meta, nino: User, read: Any) -> None:
    write = meta.whatsapp.write
    await write(nino, type="location", location={"latitude": 41.69, "longitude": 44.8, "name": "Rustaveli"})
    card = {
        "name": {"formatted_name": "Ana B"},
        "org": {"company": "C"},
        "phones": [{"phone": "+995 555 000 222", "wa_id": "995555000222"}],
    }
    await write(nino, type="contacts", contacts=[card])
    goods = [{"product_retailer_id": "SKU1", "quantity": 2, "item_price": 30.05, "currency": "GEL"}]
    goods += [{"product_retailer_id": "SKU2", "quantity": "1", "item_price": 900, "currency": "JPY"}]
    await write(nino, type="order", order={"catalog_id": "CAT1", "text": "quick please", "product_items": goods})
    about = {"catalog_id": "CAT1", "product_retailer_id": "SKU3"}
    await meta.whatsapp.text(nino, "this one?", context={"referred_product": about})
    tap: dict[str, Any] = {"type": "button_reply", "button_reply": {"id": "opt_1", "title": "Orders"}}
    await write(nino, type="interactive", interactive=tap)
    tap = {"type": "list_reply", "list_reply": {"id": "row_2", "title": "Refund", "description": "x"}}
    await write(nino, type="interactive", interactive=tap)
    await write(nino, type="button", button={"payload": "STOP", "text": "Unsubscribe"})
    form = {"name": "flow", "body": "Sent", "response_json": '{"flow_token":"t","size":"XL"}'}
    await write(nino, type="interactive", interactive={"type": "nfm_reply", "nfm_reply": form})
    place, cards, order, enquiry, *taps = await read()
    assert place.pieces == (Place(latitude=41.69, longitude=44.8, name="Rustaveli"),)
    assert cards.pieces == (Card(name="Ana B", organisation="C", phones=("+995 555 000 222",)),)
    lines = (
        BasketLine(sku="SKU1", quantity=2, price=3005, currency="GEL"),
        BasketLine(sku="SKU2", quantity=1, price=900, currency="JPY"),
    )
    assert order.pieces == (Basket(lines=lines, catalogue="CAT1"),)
    assert order.text == "quick please"
    assert enquiry.pieces == (Products(skus=("SKU3",), catalogue="CAT1"),)
    assert [(each.text, each.choice) for each in taps[:3]] == [
        ("Orders", "opt_1"),
        ("Refund", "row_2"),
        ("Unsubscribe", "STOP"),
    ]
    assert taps[3].text == "Sent\nsize: XL"


async def test_what_nobody_knows_yet_is_still_a_message(meta: Meta, nino: User, read: Any) -> None:
    error = {"code": 131051, "title": "Message type unknown", "error_data": {"details": "not supported"}}
    await meta.whatsapp.write(nino, type="unsupported", errors=[error], unsupported={"type": "poll"})
    await meta.whatsapp.write(nino, type="hologram", hologram={"body": "wave", "depth": 3})
    await meta.whatsapp.write(nino, type="interactive")
    await meta.whatsapp.write(nino, type="location", location={"latitude": 400, "longitude": "?"})
    unsupported, hologram, empty, nowhere = await read()
    assert "poll" in str(unsupported.notices[0])
    assert "131051" in str(unsupported.notices[0])
    assert hologram.text == "wave"
    assert all(isinstance(each, Message) and each.notices for each in (unsupported, hologram, empty, nowhere))

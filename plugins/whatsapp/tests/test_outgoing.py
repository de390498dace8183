"""What goes to Meta, and what its answers do to a reply."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from polydesk import Invalid, OutcomeUnknown, Refused, TryLater, db
from polydesk.testing.fixtures import TestDesk
from polydesk.testing.meta import GraphError, Meta, User, template
from polydesk.types import (
    Account,
    Card,
    Choice,
    Handle,
    OutgoingFile,
    Place,
    Products,
    Prompt,
    Sign,
    TemplateUse,
)
from polydesk_whatsapp import cutting
from polydesk_whatsapp.channel import WhatsAppChannel

CHANNEL = WhatsAppChannel()
PNG = OutgoingFile(name="a.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n" + bytes(40))
PDF = OutgoingFile(name="a.pdf", media_type="application/pdf", data=b"%PDF-1.7")


@pytest.fixture(autouse=True)
async def written(desk: TestDesk, meta: Meta, nino: User) -> None:
    """Nino has written, so the window is open."""
    await meta.whatsapp.text(nino, "hi")


async def test_words_quoting_what_they_answer(meta: Meta, account: Account, reply: Any, read: Any) -> None:
    outgoing = reply("Hello", quotes="wamid.IN1")
    result = await CHANNEL.send(outgoing, account)
    (sent,) = meta.whatsapp.sent
    assert result.external_id == sent.id
    assert sent.message["context"] == {"message_id": "wamid.IN1"}
    assert sent.message["biz_opaque_callback_data"] == outgoing.correlation
    assert [each.state for each in (await read())[1:]] == ["sent", "delivered", "read"]


async def test_one_file_carries_the_words_more_files_follow_them(meta: Meta, account: Account, reply: Any) -> None:
    await CHANNEL.send(reply("See here", files=(PNG,)), account)
    (sent,) = meta.whatsapp.sent
    assert sent.message["image"]["caption"] == "See here"
    assert meta.shelf.files[sent.message["image"]["id"]].data == PNG.data
    result = await CHANNEL.send(reply("Both", files=(PNG, PDF), quotes="wamid.IN1"), account)
    words, picture, paper = meta.whatsapp.sent[1:]
    assert [each.message["type"] for each in (words, picture, paper)] == ["text", "image", "document"]
    assert paper.message["document"]["filename"] == "a.pdf"
    assert "context" in words.message
    assert "context" not in paper.message
    assert result.external_id == paper.id
    assert result.details["parts"] == [words.id, picture.id, paper.id]
    assert [each.correlation.partition("#")[2] for each in (words, picture, paper)] == ["1", "2", ""]


async def test_long_words_are_cut_where_sentences_end(meta: Meta, account: Account, reply: Any) -> None:
    text = " ".join(f"This is sentence number {number}." for number in range(400))
    await CHANNEL.send(reply(text), account)
    bodies = [each.message["text"]["body"] for each in meta.whatsapp.sent]
    assert len(bodies) == 3
    assert all(len(each) <= 4096 and each.endswith(".") for each in bodies)
    assert " ".join(bodies) == text
    assert cutting.parts("x" * 9000, 4096) == ["x" * 4096, "x" * 4096, "x" * 808]


async def test_few_short_answers_are_buttons_others_a_list(meta: Meta, account: Account, reply: Any) -> None:
    few = tuple(Choice(value=f"v{number}", label=f"Answer {number}") for number in range(3))
    await CHANNEL.send(reply("Which?", prompt=Prompt(text="Which?", choices=few)), account)
    long = "An answer that is by far too long for a button, "
    many = tuple(Choice(value=f"v{number}", label=f"{long}{number}") for number in range(10))
    await CHANNEL.send(reply("", prompt=Prompt(text="Which?", choices=many, language="fr")), account)
    buttons, listed = (each.message["interactive"] for each in meta.whatsapp.sent)
    assert [each["reply"]["id"] for each in buttons["action"]["buttons"]] == ["v0", "v1", "v2"]
    assert buttons["body"]["text"] == "Which?"
    rows = listed["action"]["sections"][0]["rows"]
    assert [each["id"] for each in rows] == [each.value for each in many]
    assert len({each["title"] for each in rows}) == 10
    assert rows[3]["description"].startswith("An answer that is by far")


async def test_places_cards_products_and_reactions(meta: Meta, account: Account, reply: Any) -> None:
    pieces = (Place(latitude=41.7, longitude=44.8, name="Shop"), Card(name="Ana B", phones=("+995555000222",)))
    await CHANNEL.send(reply(pieces=pieces), account)
    await CHANNEL.send(reply("This?", pieces=(Products(skus=("SKU1",)),)), account)
    await CHANNEL.send(reply("These?", pieces=(Products(skus=("SKU1", "SKU2"), title="Shoes"),)), account)
    await CHANNEL.send(reply(reaction="👍", quotes="wamid.IN1"), account)
    await CHANNEL.send(reply(reaction="-", quotes="wamid.IN1"), account)
    place, card, one, two, on, off = (each.message for each in meta.whatsapp.sent)
    assert place["location"]["name"] == "Shop"
    assert card["contacts"][0]["phones"] == [{"phone": "+995555000222"}]
    assert one["interactive"]["action"] == {"catalog_id": "CAT1", "product_retailer_id": "SKU1"}
    assert two["interactive"]["header"]["text"] == "Shoes"
    assert (on["reaction"]["emoji"], off["reaction"]["emoji"]) == ("👍", "")


async def test_templates_are_read_page_by_page_and_filled(meta: Meta, account: Account, reply: Any) -> None:
    button = {"type": "URL", "text": "Track", "url": "https://x.test/{{1}}"}
    meta.whatsapp.templates = [
        template("shipped", "en", "Hello {{1}}, order {{2}}.", header="Order {{1}}", footer="Bye", buttons=[button]),
        template("named", "fr", "Bonjour {{first_name}}"),
        template("paused", "en", "x", status="PAUSED"),
        template("odd", "en", "x", status="IN_ORBIT"),
        template("picture", "en", "Look", header_format="IMAGE"),
    ]
    news = await CHANNEL.inspect(account)
    assert news.templates is not None
    by_name = {each.name: each for each in news.templates}
    assert list(by_name) == ["shipped", "named", "paused", "odd", "picture"]
    assert [(each.name, each.status) for each in news.templates if not each.approved] == [
        ("paused", "PAUSED"),
        ("odd", "IN_ORBIT"),
    ]
    assert [each.key for each in by_name["shipped"].parameters] == ["header_1", "1", "2", "button_0"]
    assert len([each for each in meta.requests if "message_templates" in each.path]) == 3
    meta.ahead = 48 * 3600.0
    values = {"header_1": "42", "1": "Nino", "2": "42", "button_0": "42"}
    await CHANNEL.send(reply(template=TemplateUse(template=by_name["shipped"], values=values)), account)
    await CHANNEL.send(reply(template=TemplateUse(template=by_name["named"], values={"first_name": "Nino"})), account)
    picture = TemplateUse(template=by_name["picture"], values={"header_image": "https://x.test/a.png"})
    await CHANNEL.send(reply(template=picture), account)
    shipped, named, pictured = (each.message["template"] for each in meta.whatsapp.sent)
    assert shipped["components"][1]["parameters"] == [
        {"type": "text", "text": "Nino"},
        {"type": "text", "text": "42"},
    ]
    assert shipped["components"][2] == {
        "type": "button",
        "sub_type": "url",
        "index": "0",
        "parameters": [{"type": "text", "text": "42"}],
    }
    assert named["components"][0]["parameters"][0]["parameter_name"] == "first_name"
    assert pictured["components"][0]["parameters"][0]["image"] == {"link": "https://x.test/a.png"}
    with pytest.raises(Refused, match="132015"):
        await CHANNEL.send(reply(template=TemplateUse(template=by_name["paused"])), account)


async def test_by_a_scoped_id_when_there_is_no_number(meta: Meta, account: Account, reply: Any) -> None:
    await meta.whatsapp.text(User(user_id="GE.5"), "hi")
    await CHANNEL.send(reply("Hello", to="GE.5", kind="whatsapp"), account)
    assert meta.whatsapp.sent[0].message["recipient"] == "GE.5"
    with pytest.raises(Refused):
        await CHANNEL.send(reply("Hello", to="x@y.z", kind="email"), account)


@pytest.mark.parametrize(
    ("suffix", "error"),
    [
        ("131056", TryLater),
        ("130429", TryLater),
        ("131047", Refused),
        ("131000", TryLater),
    ],
)
async def test_errors_are_told_apart(
    meta: Meta, account: Account, reply: Any, suffix: str, error: type[Exception]
) -> None:
    await meta.whatsapp.text(User(wa_id=f"995555{suffix}"), "hi")
    with pytest.raises(error):
        await CHANNEL.send(reply("Hello", to=f"+995555{suffix}"), account)


async def test_too_fast_for_one_person_holds_only_that_person(meta: Meta, account: Account, reply: Any) -> None:
    await meta.whatsapp.text(User(wa_id="995555131056"), "hi")
    with pytest.raises(TryLater) as first:
        await CHANNEL.send(reply("Hello", to="+995555131056", attempt=3), account)
    assert first.value.after == 16.0
    with pytest.raises(TryLater):
        await CHANNEL.send(reply("Hello", to="+995555131056"), account)
    await CHANNEL.send(reply("Hello"), account)
    assert [each.to for each in meta.whatsapp.sent] == ["995555000111"]


async def test_we_keep_to_the_limit_before_meta_has_to_say_so(meta: Meta, account: Account, reply: Any) -> None:
    meta.whatsapp.add("110000000000002")
    await meta.whatsapp.text(User(wa_id="995555000111"), "hi", meta.whatsapp.numbers["110000000000002"])
    slow = msgspec.structs.replace(
        account, address="110000000000002", settings=msgspec.structs.replace(account.settings, per_second=1)
    )
    await CHANNEL.send(reply("one"), slow)
    with pytest.raises(TryLater) as second:
        await CHANNEL.send(reply("two"), slow)
    assert 0 < second.value.after <= 1.0
    for _number in range(45):
        await CHANNEL.send(reply("again"), account)
    with pytest.raises(TryLater):
        await CHANNEL.send(reply("the 46th at once"), account)


async def test_a_service_in_trouble(meta: Meta, account: Account, reply: Any) -> None:
    meta.mood = "down"
    with pytest.raises(TryLater):
        await CHANNEL.send(reply("Hello"), account)
    meta.mood = "nonsense"
    with pytest.raises(OutcomeUnknown):
        await CHANNEL.send(reply("Hello"), account)
    meta.mood = "silent"
    with pytest.raises(OutcomeUnknown):
        await CHANNEL.send(reply("Hello"), account)
    assert len(meta.whatsapp.sent) == 1
    await meta.stop()
    with pytest.raises(TryLater):
        await CHANNEL.send(reply("Hello"), account)


async def test_after_a_trouble_midway_only_the_rest_is_sent(meta: Meta, account: Account, reply: Any) -> None:
    outgoing = reply("Look", files=(PDF, PNG))
    taken = meta.whatsapp.take

    async def second_fails(number: Any, message: Any) -> Any:
        if message["type"] == "document":
            raise GraphError(131000)
        return await taken(number, message)

    meta.whatsapp.take = second_fails  # type: ignore[method-assign]
    with pytest.raises(TryLater):
        await CHANNEL.send(outgoing, account)
    meta.whatsapp.take = taken  # type: ignore[method-assign]
    await CHANNEL.send(outgoing, account)
    assert [each.message["type"] for each in meta.whatsapp.sent] == ["text", "document", "image"]
    again = await CHANNEL.send(outgoing, account)
    assert again.external_id == meta.whatsapp.sent[-1].id
    assert len(meta.whatsapp.sent) == 3


async def test_a_blocked_account_is_named_and_the_message_comes_back(
    meta: Meta, account: Account, reply: Any, save: Any
) -> None:
    _owner, account = await save(account.settings)
    await meta.whatsapp.text(User(wa_id="995555131031"), "hi")
    with pytest.raises(Refused, match="locked"):
        await CHANNEL.send(reply("Hello", to="+995555131031"), account)
    (row,) = await db.fetch("SELECT trouble FROM pd_account")
    assert "locked" in row["trouble"]


async def test_a_wrong_token_is_the_accounts_trouble(meta: Meta, account: Account, reply: Any, save: Any) -> None:
    _owner, account = await save(msgspec.structs.replace(account.settings, token="old"))
    with pytest.raises(TryLater) as error:
        await CHANNEL.send(reply("Hello"), account)
    assert error.value.after >= 60
    (row,) = await db.fetch("SELECT trouble FROM pd_account")
    assert "190" in row["trouble"]
    assert "190" in str((await CHANNEL.inspect(account)).trouble)


async def test_facts_and_the_subscription(meta: Meta, account: Account) -> None:
    news = await CHANNEL.inspect(account)
    assert {each.name: str(each.value) for each in news.facts} == {
        "quality": "GREEN",
        "limit": "TIER_2K",
        "name_status": "APPROVED",
        "status": "CONNECTED",
        "throughput": "STANDARD",
    }
    assert str(news.trouble) == ""
    meta.mood = "down"
    with pytest.raises(TryLater):
        await CHANNEL.inspect(account)


async def test_the_connection_test_names_what_is_wrong(meta: Meta, account: Account) -> None:
    settings = account.settings
    assert [each.ok for each in await CHANNEL.check(settings)] == [True] * 4
    wrong_secret = msgspec.structs.replace(settings, app_secret="no")
    assert [each.ok for each in await CHANNEL.check(wrong_secret)] == [True, False]
    wrong_business = msgspec.structs.replace(settings, business_id="no")
    assert [each.ok for each in await CHANNEL.check(wrong_business)] == [True, True, False]
    wrong_token = msgspec.structs.replace(settings, token="no")
    (failed,) = await CHANNEL.check(wrong_token)
    assert "190" in failed.technical
    assert failed.advice is not None
    nowhere = msgspec.structs.replace(settings, base_url="http://127.0.0.1:9")
    assert [each.ok for each in await CHANNEL.check(nowhere)] == [False]


async def test_typing_and_read(meta: Meta, account: Account) -> None:
    to = Handle("phone", "+995555000111")
    await CHANNEL.sign(Sign(kind="typing", conversation=1, to=to, external_id="wamid.IN1"), account)
    await CHANNEL.sign(Sign(kind="seen", conversation=1, to=to, external_id="wamid.IN1"), account)
    await CHANNEL.sign(Sign(kind="seen", conversation=1, to=to), account)
    typing, seen = meta.whatsapp.signs
    assert typing["typing_indicator"] == {"type": "text"}
    assert seen == {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.IN1"}


@pytest.mark.parametrize(
    ("written", "value"), [("+995 555 00-01-11", "+995555000111"), ("00995(555)000111", "+995555000111")]
)
def test_numbers_as_people_write_them(written: str, value: str) -> None:
    assert CHANNEL.recipient(written) == Handle("phone", value)


@pytest.mark.parametrize("written", ["555000111", "+12", "nino@example.org", ""])
def test_what_is_no_number_is_said(written: str) -> None:
    with pytest.raises(Invalid):
        CHANNEL.recipient(written)

"""What goes to Meta, and what its answers do to a reply."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from polydesk import Invalid, OutcomeUnknown, Refused, TryLater, db
from polydesk.testing.fixtures import TestDesk
from polydesk.testing.meta import Fan, Meta
from polydesk.types import Account, Choice, Handle, Link, OutgoingFile, Place, Prompt, Sign
from polydesk_messenger.channel import InstagramChannel, MessengerChannel
from polydesk_messenger.cutting import in_bytes, parts

PAGE, INSTAGRAM = MessengerChannel(), InstagramChannel()
PNG = OutgoingFile(name="a.png", media_type="image/png", data=b"\x89PNG\r\n\x1a\n" + bytes(40))
PDF = OutgoingFile(name="a.pdf", media_type="application/pdf", data=b"%PDF-1.7")


@pytest.fixture(autouse=True)
async def written(desk: TestDesk, meta: Meta, nino: Fan) -> None:
    """Nino has written, so the window is open."""
    for page in meta.pages.pages.values():
        await meta.pages.write(nino, page, text="hi")


async def test_words_and_files(meta: Meta, page: Account, reply: Any) -> None:
    outgoing = reply(page, "Both", files=(PNG, PDF))
    result = await PAGE.send(outgoing, page)
    words, picture, paper = (each.message["message"] for each in meta.pages.sent)
    assert words["text"] == "Both"
    assert [each["attachment"]["type"] for each in (picture, paper)] == ["image", "file"]
    assert meta.shelf.files[picture["attachment"]["payload"]["attachment_id"]].data == PNG.data
    assert result.external_id == meta.pages.sent[2].id
    assert [each["metadata"].partition("#")[2] for each in (words, picture, paper)] == ["1", "2", ""]
    assert meta.pages.sent[0].message["messaging_type"] == "RESPONSE"


async def test_long_words_are_cut_as_each_service_counts(
    meta: Meta, page: Account, instagram: Account, reply: Any
) -> None:
    text = " ".join(f"ეს არის წინადადება ნომერი {number}." for number in range(80))
    await PAGE.send(reply(page, text), page)
    longest = [each.message["message"]["text"] for each in meta.pages.sent]
    assert all(len(each) <= 2000 and each.endswith(".") for each in longest)
    assert " ".join(longest) == text
    meta.pages.sent.clear()
    await INSTAGRAM.send(reply(instagram, text), instagram)
    longest = [each.message["message"]["text"] for each in meta.pages.sent]
    assert all(in_bytes(each) <= 1000 and each.endswith(".") for each in longest)
    assert " ".join(longest) == text
    assert parts("ა" * 700, 1000, in_bytes) == ["ა" * 333, "ა" * 333, "ა" * 34]


async def test_questions_have_quick_replies(meta: Meta, page: Account, reply: Any) -> None:
    few = tuple(Choice(value=f"v{number}", label=f"Answer {number}") for number in range(3))
    await PAGE.send(reply(page, "Which?", prompt=Prompt(text="Which?", choices=few)), page)
    many = tuple(Choice(value=f"v{number}", label=f"An answer too long for a button, {number}") for number in range(13))
    await PAGE.send(reply(page, prompt=Prompt(text="Which?", choices=many)), page)
    short, long = (each.message["message"] for each in meta.pages.sent)
    assert [each["payload"] for each in short["quick_replies"]] == ["v0", "v1", "v2"]
    assert short["text"] == "Which?"
    assert len({each["title"] for each in long["quick_replies"]}) == 13
    assert "An answer too long for a button, 12" in long["text"]


async def test_pieces_go_as_words(meta: Meta, page: Account, reply: Any) -> None:
    pieces = (Place(latitude=41.7, longitude=44.8, name="Shop"), Link(url="https://x.test/a"))
    await PAGE.send(reply(page, "Here:", pieces=pieces), page)
    text = meta.pages.sent[0].message["message"]["text"]
    assert "Shop https://" in text
    assert "https://x.test/a" in text
    with pytest.raises(Refused):
        await PAGE.send(reply(page), page)


async def test_late_answers_say_that_a_person_wrote_them(
    meta: Meta, page: Account, instagram: Account, reply: Any
) -> None:
    meta.ahead = 48 * 3600.0
    with pytest.raises(Refused, match="2018278"):
        await PAGE.send(reply(page, "late"), page)
    with pytest.raises(Refused, match="2534022"):
        await INSTAGRAM.send(reply(instagram, "late"), instagram)
    await PAGE.send(reply(page, "late", late=True), page)
    assert meta.pages.sent[0].message["tag"] == "HUMAN_AGENT"
    with pytest.raises(Refused, match="only a person"):
        await PAGE.send(reply(page, "survey", late=True, automatic=True), page)
    meta.ahead = 8 * 24 * 3600.0
    with pytest.raises(Refused):
        await PAGE.send(reply(page, "too late", late=True), page)


async def test_a_comment_is_answered_once_in_private(meta: Meta, page: Account, reply: Any) -> None:
    id = await meta.pages.comment(Fan("5550009", "Passer-by"), "price?")
    first = await PAGE.send(reply(page, "19.90", to="5550009", references=(f"comment:{id}",)), page)
    assert meta.pages.sent[0].message["recipient"] == {"comment_id": id}
    with pytest.raises(Refused):
        await PAGE.send(reply(page, "And?", to="5550009", references=(f"comment:{id}", first.external_id)), page)
    with pytest.raises(Refused, match="already replied"):
        await PAGE.send(reply(page, "Twice", to="5550009", references=(f"comment:{id}",)), page)


@pytest.mark.parametrize(
    ("person", "error"),
    [
        ("555999002", TryLater),
        ("555999613", TryLater),
        ("555999551", Refused),
        ("5552018278", Refused),
        ("5552018300", TryLater),
    ],
)
async def test_errors_are_told_apart(
    meta: Meta, page: Account, reply: Any, person: str, error: type[Exception]
) -> None:
    await meta.pages.write(Fan(person), text="hi")
    with pytest.raises(error):
        await PAGE.send(reply(page, "Hello", to=person), page)


async def test_a_wrong_token_or_a_restricted_page_is_the_accounts_trouble(
    meta: Meta, page: Account, reply: Any, save: Any
) -> None:
    _owner, account = await save(page)
    await meta.pages.write(Fan("5551893063"), text="hi")
    with pytest.raises(TryLater):
        await PAGE.send(reply(page, "Hello", to="5551893063"), account)
    (row,) = await db.fetch("SELECT trouble FROM pd_account")
    assert "restricted" in row["trouble"]
    bad = msgspec.structs.replace(account, settings=msgspec.structs.replace(account.settings, token="old"))
    with pytest.raises(TryLater):
        await PAGE.send(reply(page, "Hello"), bad)
    (row,) = await db.fetch("SELECT trouble FROM pd_account")
    assert "190" in row["trouble"]


async def test_a_service_in_trouble(meta: Meta, page: Account, reply: Any) -> None:
    meta.mood = "down"
    with pytest.raises(TryLater):
        await PAGE.send(reply(page, "Hello"), page)
    for mood in ("nonsense", "silent"):
        meta.mood = mood
        with pytest.raises(OutcomeUnknown):
            await PAGE.send(reply(page, "Hello"), page)


async def test_nobody_is_written_to_who_did_not_write_to_this_page(page: Account, reply: Any) -> None:
    elsewhere = reply(page, "Hello", to="1")
    elsewhere = msgspec.structs.replace(elsewhere, to=(Handle("messenger", "PAGE2:1"),))
    with pytest.raises(Refused):
        await PAGE.send(elsewhere, page)
    with pytest.raises(Invalid):
        PAGE.recipient("5550001")


async def test_meta_stopped_calling_and_is_asked_to_go_on(meta: Meta, page: Account, nino: Fan) -> None:
    meta.webhooks.address = "http://127.0.0.1:9/hooks/messenger"
    meta.webhooks.attempts, meta.webhooks.back_off = 1, 0.0
    for _number in range(3):
        await meta.pages.write(nino, text="lost?")
    own = meta.pages.pages["PAGE1"]
    assert not own.subscribed
    news = await PAGE.inspect(page)
    assert news is not None
    assert own.subscribed
    assert {each.name: each.tone for each in news.facts}["subscription"] == "warn"
    again = await PAGE.inspect(page)
    assert again is not None
    assert {each.name: each.tone for each in again.facts}["subscription"] == "good"
    assert str(again.trouble) == ""


async def test_the_connection_test_names_what_is_wrong(meta: Meta, page: Account, instagram: Account) -> None:
    assert [each.ok for each in await PAGE.check(page.settings)] == [True] * 3
    assert [each.ok for each in await INSTAGRAM.check(instagram.settings)] == [True] * 3
    wrong = msgspec.structs.replace(page.settings, app_secret="no")
    assert [each.ok for each in await PAGE.check(wrong)] == [True, False]
    wrong = msgspec.structs.replace(page.settings, token="no")
    (failed,) = await PAGE.check(wrong)
    assert "190" in failed.technical
    assert failed.advice is not None


async def test_typing_and_read(meta: Meta, page: Account) -> None:
    to = Handle("messenger", "PAGE1:5550001")
    await PAGE.sign(Sign(kind="typing", conversation=1, to=to), page)
    await PAGE.sign(Sign(kind="seen", conversation=1, to=to), page)
    assert [each["sender_action"] for each in meta.pages.signs] == ["typing_on", "mark_seen"]

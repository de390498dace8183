"""Text messages through a real socket: in, out, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import httpx
import msgspec
import pytest

from polydesk import db, storage
from polydesk.channels import service as channels
from polydesk.conversations import merging, replying, service
from polydesk.conversations.extras import Extras
from polydesk.errors import Invalid
from polydesk.signatures import form_signature, is_form_signed
from polydesk.testing.sms_messages import Sent
from polydesk.types import Choice, Prompt
from polydesk_sms import optout, plugin
from polydesk_sms.channel import SmsChannel
from polydesk_sms.settings import SmsSettings

from .conftest import IDA, Line

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 200


async def texts(conversation: int) -> list[str]:
    rows = await db.fetch(
        "SELECT text FROM pd_item WHERE conversation = {} AND kind = 'message' AND direction = 'in' ORDER BY id",
        conversation,
    )
    return [row["text"] for row in rows]


# --- Signatures -----------------------------------------------------------------------------------------------------


def test_signatures_are_those_of_the_published_vectors() -> None:
    form = [("To", "+18005551212"), ("From", "+14158675309"), ("Digits", "1234"), ("Caller", "+14158675309"),
            ("CallSid", "CA1234567890ABCDE")]  # fmt: skip
    assert (
        form_signature("12345", "https://mycompany.com/myapp.php?foo=1&bar=2", form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )
    voice = [("CallSid", "CA0001"), ("Digits", "2"), ("From", "+995555000111"), ("To", "+995322000222")]
    for url in ("https://desk.example/hooks/voice?tenant=7", "https://desk.example:443/hooks/voice?tenant=7"):
        assert is_form_signed("polydesk-token", url, voice, b"", "FAxDuwCv99trXV+YmoNQG8yPeqA=")
    assert not is_form_signed("polydesk-token", "https://desk.example:8443/hooks/voice?tenant=8", voice, b"", "FAxDu=")
    assert not is_form_signed("", "https://desk.example/", [], b"", form_signature("", "https://desk.example/"))


def test_a_json_body_is_signed_by_its_hash() -> None:
    url = "https://desk.example/hooks/json?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
    assert is_form_signed("polydesk-token", url, [], b'{"a":1}', "VuGb3thz+9+SGB2y/QMWZxoIPTM=")
    assert not is_form_signed("polydesk-token", url, [], b'{"a":2}', "VuGb3thz+9+SGB2y/QMWZxoIPTM=")


def test_the_same_parameter_twice_is_signed_once() -> None:
    twice = [("B", "2"), ("A", "1"), ("A", "1"), ("A", "0")]
    assert form_signature("t", "https://x/", twice) == form_signature(
        "t", "https://x/", [("A", "0"), ("A", "1"), ("B", "2")]
    )


# --- In -------------------------------------------------------------------------------------------------------------


async def test_two_messages_are_one_conversation_and_a_duplicate_counts_once(line: Line) -> None:
    first = await line.gateway.write(IDA, "Where is order 1042?")
    conversation = await line.conversation()
    await line.gateway.write(IDA, "გამარჯობა 🙂")
    await line.gateway.deliver(line.gateway.hook, first)
    await line.desk.until("SELECT id FROM pd_item WHERE text LIKE 'გამარჯობა%'")
    assert await texts(conversation) == ["Where is order 1042?", "გამარჯობა 🙂"]
    assert line.gateway.answers == [200, 200, 200]
    found = await db.fetch("SELECT kind, value FROM pd_identity")
    assert [(row["kind"], row["value"]) for row in found] == [("phone", IDA)]


async def test_a_forged_message_is_refused_and_the_admin_is_told(line: Line) -> None:
    form = {"MessageSid": "SM1", "From": IDA, "To": "+995322000222", "Body": "I am the gateway"}
    assert await line.gateway.post(line.gateway.hook, form, signature="Zm9yZ2Vk") == 403
    rows = await line.desk.until("SELECT facts FROM pd_account WHERE facts LIKE '%refused_calls%'")
    assert "signature" in str(rows[0]["facts"])
    assert await line.gateway.post(line.gateway.hook, form, signature="") == 403
    assert await db.fetch("SELECT id FROM pd_arrival") == []


async def test_a_picture_without_words_is_fetched_and_its_store_never_sees_our_token(line: Line) -> None:
    await line.gateway.write(IDA, "", media=[("image/png", PNG), ("application/pdf", b"%PDF-1.4 x")])
    conversation = await line.conversation()
    rows = await line.desk.until("SELECT name, media_type, size FROM pd_attachment ORDER BY id")
    assert [(row["name"], row["media_type"], row["size"]) for row in rows] == [
        ("image-1.png", "image/png", len(PNG)),
        ("application-2.pdf", "application/pdf", 10),
    ]
    assert await texts(conversation) == [""]
    seen = line.gateway.authorised
    assert all(given for path, given in seen if "/Media/" in path)
    assert [given for path, given in seen if path.startswith("/store/")] == [False, False]


async def test_ten_segments_come_whole(line: Line) -> None:
    long = "Ärger mit der Lieferung. " * 60
    await line.gateway.write(IDA, long)
    assert await texts(await line.conversation()) == [long.strip()] or await texts(await line.conversation()) == [long]


async def test_a_short_code_cannot_be_answered_and_says_so(line: Line) -> None:
    await line.gateway.write("INFOSMS", "Your code is 7")
    conversation = await line.conversation("INFOSMS")
    rows = await db.fetch("SELECT data FROM pd_item WHERE conversation = {} AND kind = 'message'", conversation)
    assert "cannot be answered" in rows[0]["data"]
    item = await replying.reply(line.owner, conversation, "Thanks")
    assert "no telephone number" in str((await line.state(item, "failed"))["reason"])


async def test_two_numbers_with_one_token_each_get_their_own(line: Line) -> None:
    account = await channels.load(line.account)
    line.gateway.numbers = ("+995322000222", "+995322000333")
    other = await channels.save_account(
        line.owner, channel="sms", client=account.client, market=None, name="Second",
        settings=msgspec.structs.replace(account.settings, number="+995322000333"),
    )  # fmt: skip
    await line.gateway.write(IDA, "to the second", to="+995322000333")
    rows = await line.desk.until("SELECT account FROM pd_conversation")
    assert rows[0]["account"] == other


# --- Out ------------------------------------------------------------------------------------------------------------


async def test_a_reply_goes_out_and_is_delivered(line: Line) -> None:
    await line.gateway.write(IDA, "hello")
    item = await line.reply("It is on its way.")
    sent = await line.next_sent()
    assert (sent.to, sent.sender, sent.body) == (IDA, "+995322000222", "It is on its way.")
    assert "/hooks/sms/status?c=pd%3A" in sent.callback
    await line.state(item, "delivered")


@pytest.mark.parametrize(
    ("end", "state"), [("70001", "sent"), ("70002", "delivered"), ("70003", "delivered"), ("70004", "delivered")]
)
async def test_reports_may_stay_away_come_in_disorder_early_or_twice(line: Line, end: str, state: str) -> None:
    phone = f"+9955550{end}"
    await line.gateway.write(phone, "hello")
    item = await line.reply("hi", phone)
    await line.next_sent()
    await line.state(item, state)
    await line.gateway.settled()
    await line.desk.until("SELECT 1 AS done WHERE NOT EXISTS (SELECT 1 FROM pd_arrival WHERE state = 'new')")
    assert (await line.state(item, state, "sent", "delivered", "failed"))["state"] == state


@pytest.mark.parametrize(
    ("end", "words"),
    [("21211", "not a telephone number"), ("21614", "not a mobile"), ("30003", "could not be reached"),
     ("30005", "not in use"), ("30007", "unwanted advertising"), ("21408", "not switched on")],
)  # fmt: skip
async def test_a_refusal_comes_back_in_words(line: Line, end: str, words: str) -> None:
    phone = f"+9955550{end}"
    await line.gateway.write(phone, "hello")
    item = await line.reply("hi", phone)
    assert words in str((await line.state(item, "failed"))["reason"])


async def test_when_the_gateway_is_busy_we_wait_as_long_as_it_says(line: Line) -> None:
    await line.gateway.write(IDA, "hello")
    line.gateway.mood, line.gateway.retry_after = "busy", 1
    item = await line.reply("later")
    await line.desk.until("SELECT id FROM pd_delivery WHERE item = {} AND attempts >= 1 AND state = 'queued'", item)
    line.gateway.mood = ""
    await line.state(item, "sent", "delivered")
    assert len(line.gateway.sent) == 1


async def test_after_a_broken_line_the_same_message_is_not_sent_again(line: Line) -> None:
    """Without reports nothing settles it but looking."""
    line.gateway.reports = False
    await line.gateway.write(IDA, "hello")
    line.gateway.mood = "silent"
    item = await line.reply("only once")
    await line.desk.until("SELECT id FROM pd_delivery WHERE item = {} AND state = 'sending' AND reason <> ''", item)
    line.gateway.mood = ""
    await line.desk.until(
        "UPDATE pd_job SET run_at = {} WHERE name = 'outbound.deliver' AND state = 'queued' AND error <> '' "
        "RETURNING id",
        LONG_AGO,
    )
    await line.state(item, "sent")
    assert [each.body for each in line.gateway.sent] == ["only once"]


async def test_the_same_words_of_yesterday_are_another_message(line: Line) -> None:
    line.gateway.reports = False
    await line.gateway.write(IDA, "hello")
    yesterday = datetime.now(UTC).replace(microsecond=0) - timedelta(days=1)
    line.gateway.sent.append(Sent("SMold", IDA, "+995322000222", "Choose: 1. Parcel", (), "", yesterday, "sent"))
    line.gateway.mood = "down"
    item = await line.reply("Choose: 1. Parcel")
    await line.desk.until("SELECT id FROM pd_delivery WHERE item = {} AND state = 'sending' AND reason <> ''", item)
    line.gateway.mood = ""
    await line.desk.until(
        "UPDATE pd_job SET run_at = {} WHERE name = 'outbound.deliver' AND state = 'queued' AND error <> '' "
        "RETURNING id",
        LONG_AGO,
    )
    await line.state(item, "sent")
    assert len(line.gateway.sent) == 2


async def test_a_broken_line_is_settled_by_the_report(line: Line) -> None:
    await line.gateway.write(IDA, "hello")
    line.gateway.mood = "silent"
    item = await line.reply("only once")
    await line.state(item, "delivered")
    assert len(line.gateway.sent) == 1


async def test_a_file_goes_out_as_a_picture_that_the_gateway_can_fetch(line: Line) -> None:
    await line.gateway.write(IDA, "hello")
    conversation = await line.conversation()
    key = await storage.put(PNG)
    await db.fetch(
        "INSERT INTO pd_attachment (client, conversation, item, person, name, media_type, size, storage_key, "
        "content_id, inline) VALUES ({}, {}, 0, {}, 'p.png', 'image/png', {}, {}, '', {})",
        line.owner.clients[0], conversation, line.owner.id, len(PNG), key, False,
    )  # fmt: skip
    await replying.reply(line.owner, conversation, "see here")
    sent = await line.next_sent()
    async with httpx.AsyncClient() as fetcher:
        found = await fetcher.get(sent.media[0])
        assert (found.status_code, found.content, found.headers["content-type"]) == (200, PNG, "image/png")
        assert (await fetcher.get(sent.media[0].replace("/file/", "/file/1"))).status_code == 404
        assert (await fetcher.get(sent.media[0][:-1])).status_code == 404


# --- Opting out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["STOP", "stop.", " Stop! ", "СТОП", "Arrêt", "სტოპ", "Abmelden", "dur", "الغاء"])
def test_a_whole_message_may_be_an_opt_out(words: str) -> None:
    assert optout.wish(words) == "stop"


@pytest.mark.parametrize("words", ["please stop calling the courier", "Don't stop", "the bus stop", "", "🙂"])
def test_words_inside_a_sentence_are_not(words: str) -> None:
    assert optout.wish(words) is None


async def test_whoever_wrote_stop_may_be_answered_with_a_warning_until_start(line: Line) -> None:
    await line.gateway.write(IDA, "hello")
    conversation = await line.conversation()
    await line.gateway.write(IDA, "Stop!")
    await line.desk.until("SELECT id FROM sms_consent WHERE stopped = {}", True)
    opened = (await service.open_conversation(line.owner, conversation)).conversation
    objections = await optout.objections(opened, "hi")
    assert [each.blocks for each in objections] == [False]
    await line.gateway.write(IDA, "START")
    await line.desk.until("SELECT id FROM sms_consent WHERE stopped = {}", False)
    assert await optout.objections(opened, "hi") == []


async def test_what_the_gateway_blocks_is_known_here_too(line: Line) -> None:
    phone = "+995555021610"
    await line.gateway.write(phone, "hello")
    item = await line.reply("hi", phone)
    assert "no more messages" in str((await line.state(item, "failed"))["reason"])
    rows = await line.desk.until("SELECT source FROM sms_consent WHERE phone = {}", phone)
    assert rows[0]["source"] == "gateway"


async def test_a_wish_is_that_of_the_number_it_came_from(line: Line) -> None:
    other = "+995555000999"
    await line.gateway.write(IDA, "hello")
    await line.gateway.write(other, "hello from my other telephone")
    one, two = [(await contact_of(line, phone)) for phone in (IDA, other)]
    await merging.merge(line.owner, one, two)
    await line.gateway.write(other, "Stop")
    rows = await line.desk.until("SELECT phone, item FROM sms_consent")
    assert [row["phone"] for row in rows] == [other]
    (item,) = await db.fetch("SELECT conversation FROM pd_item WHERE id = {}", rows[0]["item"])
    opened = (await service.open_conversation(line.owner, item["conversation"])).conversation
    assert await optout.objections(opened, "hi")
    await line.gateway.write(IDA, "From the first one")
    (item,) = await line.desk.until("SELECT conversation FROM pd_item WHERE text = 'From the first one'")
    opened = (await service.open_conversation(line.owner, item["conversation"])).conversation
    assert await optout.objections(opened, "hi") == []


async def contact_of(line: Line, phone: str) -> int:
    rows = await line.desk.until("SELECT contact FROM pd_identity WHERE value = {}", phone)
    return int(str(rows[0]["contact"]))


async def test_a_choice_that_was_offered_is_no_opt_out_unless_it_was(line: Line) -> None:
    await line.gateway.write(IDA, "hello")
    conversation = await line.conversation()
    choices = (Choice(value="go", label="Confirm"), Choice(value="no", label="Koniec"))
    asked = Extras(prompt=Prompt(text="Your order?", choices=choices))
    await line.state(await replying.reply(line.owner, conversation, "Your order?", extras=asked), "delivered")
    await line.gateway.write(IDA, "koniec")
    rows = await line.desk.until("SELECT data FROM pd_item WHERE text = 'koniec'")
    assert "no more text messages" not in str(rows[0]["data"])
    await line.state(await line.reply("Not ordered then."), "delivered")
    assert await db.fetch("SELECT id FROM sms_consent") == []
    # The question is behind them now: the word is what it always is.
    await line.gateway.write(IDA, "KONIEC!")
    rows = await line.desk.until("SELECT data FROM pd_item WHERE text = 'KONIEC!'")
    assert "no more text messages" in str(rows[0]["data"])
    await line.desk.until("SELECT id FROM sms_consent WHERE stopped = {}", True)


async def test_what_is_held_of_a_contact_is_given_out_and_erased(line: Line) -> None:
    await line.gateway.write(IDA, "Stop")
    await line.desk.until("SELECT id FROM sms_consent")
    contact = await contact_of(line, IDA)
    (held,) = [each for each in plugin.polydesk_personal_data() if each.name == "sms"]
    known = (await held.export(contact))[IDA]
    assert (known["stopped"], known["told_by"]) == (True, "message")
    await held.erase(contact)
    assert await db.fetch("SELECT id FROM sms_consent") == []


# --- The account ----------------------------------------------------------------------------------------------------


async def test_the_connection_test_says_what_is_wrong(line: Line) -> None:
    account = await channels.load(line.account)
    channel = SmsChannel()
    assert all(each.ok for each in await channel.check(account.settings))
    wrong = await channel.check(msgspec.structs.replace(account.settings, token="old"))
    assert [each.ok for each in wrong] == [False]
    foreign = await channel.check(msgspec.structs.replace(account.settings, number="+995322999999"))
    assert "does not belong" in str(foreign[1].advice)
    nobody = await channel.check(SmsSettings())
    assert not nobody[0].ok
    news = await channel.inspect(account)
    assert news is not None
    assert news.facts[0].name == "balance"


@pytest.mark.parametrize(("written", "value"), [("+995 555-000-111", IDA), ("00995555000111", IDA)])
def test_numbers_are_read_as_people_write_them(written: str, value: str) -> None:
    assert SmsChannel().recipient(written).value == value


@pytest.mark.parametrize("written", ["12345", "INFOSMS", "", "555000111"])
def test_what_is_no_number_with_a_country_is_refused_in_words(written: str) -> None:
    with pytest.raises(Invalid, match="country"):
        SmsChannel().recipient(written)


LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

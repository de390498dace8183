"""From a telephone to the agent and back, through a served desk and Meta's side over real sockets."""

from __future__ import annotations

from typing import Any

from polydesk import db
from polydesk.conversations import replying
from polydesk.testing.meta import Meta, User, signed

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


async def test_a_question_an_answer_and_what_became_of_it(served_desk: Any, meta: Meta, nino: User) -> None:
    assert await meta.webhooks.handshake()
    assert not await meta.webhooks.handshake(token="guessed")
    await meta.whatsapp.text(nino, "გამარჯობა")
    (conversation,) = await served_desk.until("SELECT * FROM pd_conversation WHERE preview = 'გამარჯობა'")
    contact = await served_desk.until("SELECT * FROM pd_contact WHERE name = 'Nino K'")
    handles = await db.fetch("SELECT kind, value FROM pd_identity WHERE contact = {}", contact[0]["id"])
    assert {(each["kind"], each["value"]) for each in handles} == {
        ("phone", "+995555000111"),
        ("whatsapp", "GE.1234567890"),
        ("whatsapp_name", "nino.k"),
    }

    await replying.reply(served_desk.owner, conversation["id"], "Hello Nino")
    await served_desk.until("SELECT id FROM pd_delivery WHERE state = 'read'")
    (sent,) = meta.whatsapp.sent
    assert sent.message["to"] == "+995555000111"
    assert sent.message["text"]["body"] == "Hello Nino"

    await meta.whatsapp.text(nino, "thanks!", context={"from": "995322000222", "id": sent.id})
    await served_desk.until("SELECT id FROM pd_item WHERE text = 'thanks!'")
    assert len(await db.fetch("SELECT id FROM pd_conversation")) == 1


async def test_news_before_the_answer_and_read_without_delivered(served_desk: Any, meta: Meta, nino: User) -> None:
    meta.whatsapp.before_reply = True
    meta.whatsapp.reports = ("sent", "read")
    await meta.whatsapp.text(nino, "hi")
    (conversation,) = await served_desk.until("SELECT * FROM pd_conversation")
    await replying.reply(served_desk.owner, conversation["id"], "Hello")
    await served_desk.until("SELECT id FROM pd_delivery WHERE state = 'read'")


async def test_a_message_that_fails_after_all_comes_back(served_desk: Any, meta: Meta) -> None:
    await meta.whatsapp.text(User(wa_id="995555131026", name="Old phone"), "hi")
    (conversation,) = await served_desk.until("SELECT * FROM pd_conversation")
    await replying.reply(served_desk.owner, conversation["id"], "Hello")
    (delivery,) = await served_desk.until("SELECT * FROM pd_delivery WHERE state = 'failed'")
    assert "131026" in delivery["reason"]
    assert "Undeliverable" in delivery["reason"]


async def test_a_day_later_the_window_is_closed_and_meta_says_so(served_desk: Any, meta: Meta, nino: User) -> None:
    await meta.whatsapp.text(nino, "hi")
    (conversation,) = await served_desk.until("SELECT * FROM pd_conversation")
    meta.ahead = 25 * 3600.0
    await replying.reply(served_desk.owner, conversation["id"], "Too late")
    (delivery,) = await served_desk.until("SELECT * FROM pd_delivery WHERE state = 'failed'")
    assert "more than 24 hours" in delivery["reason"]


async def test_somebody_without_a_number_is_answered_by_their_id(served_desk: Any, meta: Meta) -> None:
    await meta.whatsapp.text(User(wa_id="995555000222", user_id="GE.77", name="Hidden", hidden=True), "who am I?")
    (conversation,) = await served_desk.until("SELECT * FROM pd_conversation")
    await replying.reply(served_desk.owner, conversation["id"], "A guest")
    await served_desk.until("SELECT id FROM pd_delivery WHERE state = 'read'")
    assert meta.whatsapp.sent[0].message["recipient"] == "GE.77"
    assert "to" not in meta.whatsapp.sent[0].message


async def test_an_outage_caught_up_with_in_disorder_counts_everything_once(served_desk: Any, meta: Meta) -> None:
    people = [User(wa_id=f"99555500{number:04}", name=f"P{number}") for number in range(40)]
    bodies = [meta.whatsapp.incoming(person, type="text", text={"body": "hello"})[1] for person in people]
    await meta.webhooks.disorderly(bodies, batch=1000, twice=0.5)
    await meta.webhooks.disorderly(bodies, batch=7)
    await served_desk.until("SELECT n FROM (SELECT COUNT(*) AS n FROM pd_conversation) AS c WHERE n = 40")
    await served_desk.until(
        "SELECT n FROM (SELECT COUNT(*) AS n FROM pd_arrival WHERE state <> 'new') AS c WHERE n = 40"
    )
    assert (await db.fetch("SELECT COUNT(*) AS n FROM pd_item WHERE text = 'hello'"))[0]["n"] == 40


async def test_a_forged_call_is_refused_and_said(served_desk: Any, meta: Meta, nino: User) -> None:
    _id, body = meta.whatsapp.incoming(nino, type="text", text={"body": "give me the money"})
    raw, headers = signed("another secret", body)
    assert await meta.webhooks.post(raw, headers) == 403
    (account,) = await served_desk.until("SELECT * FROM pd_account WHERE facts LIKE '%refused_calls%'")
    assert "signature" in account["facts"]
    assert await db.fetch("SELECT id FROM pd_arrival") == []
    raw, headers = signed(meta.secret, body)
    assert await meta.webhooks.post(raw.replace(b"money", b"honey"), headers) == 403
    for _again in range(3):
        assert await meta.webhooks.post(raw, headers) == 200
    await served_desk.until("SELECT id FROM pd_item WHERE text = 'give me the money'")
    assert len(await db.fetch("SELECT id FROM pd_arrival")) == 1


async def test_a_number_nobody_set_up_waits_in_sight(served_desk: Any, meta: Meta, nino: User) -> None:
    other = meta.whatsapp.add("110000000000009", "995322000999", "WABA9")
    await meta.whatsapp.text(nino, "is anybody there?", other)
    (arrival,) = await served_desk.until("SELECT * FROM pd_arrival WHERE state = 'unreadable'")
    assert "110000000000009" in arrival["reason"]


async def test_a_picture_comes_in_and_a_picture_goes_out(served_desk: Any, meta: Meta, nino: User) -> None:
    await meta.whatsapp.file(nino, "image", PNG, "image/png", caption="broken")
    (conversation,) = await served_desk.until("SELECT * FROM pd_conversation WHERE preview LIKE 'broken%'")
    (file,) = await served_desk.until("SELECT * FROM pd_attachment")
    assert file["media_type"] == "image/png"
    assert file["size"] == len(PNG)

    await replying.reply(served_desk.owner, conversation["id"], "We see it")
    await served_desk.until("SELECT id FROM pd_delivery WHERE state = 'read'")


async def test_a_reaction_an_edit_and_a_message_taken_back(served_desk: Any, meta: Meta, nino: User) -> None:
    first = await meta.whatsapp.text(nino, "helo")
    await served_desk.until("SELECT id FROM pd_item WHERE text = 'helo'")
    fixed = {"original_message_id": first, "message": {"type": "text", "text": {"body": "hello"}}}
    await meta.whatsapp.write(nino, type="edit", edit=fixed)
    await meta.whatsapp.write(nino, type="reaction", reaction={"message_id": first, "emoji": "👍"})
    await served_desk.until("SELECT id FROM pd_item WHERE kind = 'reaction'")
    await meta.whatsapp.write(nino, type="revoke", revoke={"original_message_id": first})
    await served_desk.until("SELECT id FROM pd_item WHERE kind = 'revision' LIMIT 1 OFFSET 1")


async def test_whoever_changes_number_stays_who_they_are(served_desk: Any, meta: Meta, nino: User) -> None:
    await meta.whatsapp.text(nino, "hi")
    await served_desk.until("SELECT id FROM pd_conversation")
    told = {"type": "user_changed_number", "wa_id": "995555000999", "body": "Nino changed"}
    await meta.whatsapp.write(nino, type="system", system=told)
    await served_desk.until("SELECT id FROM pd_identity WHERE value = '+995555000999'")
    await meta.whatsapp.text(User(wa_id="995555000999", name="Nino K"), "it is me")
    await served_desk.until("SELECT id FROM pd_item WHERE text = 'it is me'")
    assert len(await db.fetch("SELECT id FROM pd_contact")) == 1

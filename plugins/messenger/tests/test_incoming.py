"""What the channels make of what Meta sends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from polydesk import TryLater, Unreadable
from polydesk.testing.meta import Fan, Meta, signature
from polydesk.types import (
    Account,
    Call,
    Echo,
    Handle,
    Link,
    Message,
    Nothing,
    Reaction,
    Revision,
    SeenUntil,
)
from polydesk_messenger.channel import MessengerChannel

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


async def test_words_with_everything_around_them(meta: Meta, page: Account, nino: Fan, read: Any) -> None:
    ad = {
        "ref": "R1",
        "ad_id": "AD1",
        "source": "ADS",
        "ads_context_data": {"ad_title": "T", "photo_url": "https://x/p"},
    }
    mid = await meta.pages.write(nino, text="Red", quick_reply={"payload": "RED"}, reply_to={"mid": "m_1"}, referral=ad)
    (message,) = await read(page)
    assert isinstance(message, Message)
    assert (message.external_id, message.text, message.choice, message.quotes) == (mid, "Red", "RED", "m_1")
    assert message.sender == Handle("messenger", "PAGE1:5550001", "Nino K")
    assert message.pieces == (Link(url="https://x/p", title="T", text="ADS R1 AD1", role="ad"),)


async def test_who_does_not_want_to_be_known_is_still_heard(meta: Meta, page: Account, read: Any) -> None:
    await meta.pages.write(Fan("5550002", "Secret", asked_not=True), text="hi")
    (message,) = await read(page)
    assert message.sender == Handle("messenger", "PAGE1:5550002", "")


async def test_stories_posts_and_files(meta: Meta, instagram: Account, nino: Fan, read: Any) -> None:
    account = meta.pages.pages["IGACC1"]
    story = {"story": {"id": "179", "url": "https://lookaside.fbsbx.com/s"}}
    await meta.pages.write(nino, account, text="nice", reply_to=story)
    mention = {"type": "story_mention", "payload": {"url": "https://lookaside.fbsbx.com/m"}}
    await meta.pages.write(nino, account, attachments=[mention])
    await meta.pages.write(
        nino, account, attachments=[{"type": "ig_reel", "payload": {"url": "https://x/r", "title": "R"}}]
    )
    await meta.pages.file(nino, "image", PNG, "image/png", account)
    url = meta.pages.address_of(PNG, "image/png")
    twice = [{"type": kind, "payload": {"url": url, "sticker_id": 1}} for kind in ("sticker", "image")]
    await meta.pages.write(nino, account, attachments=twice)
    reply, mentioned, reel, image, sticker = await read(instagram)
    assert reply.pieces == (Link(url="https://lookaside.fbsbx.com/s", role="story"),)
    assert mentioned.pieces[0].role == "story"
    assert mentioned.notices
    assert reel.pieces == (Link(url="https://x/r", title="R", role="share"),)
    assert (image.attachments[0].media_type, image.attachments[0].data) == ("image/png", PNG)
    assert len(sticker.attachments) == 1
    assert image.sender.kind == "instagram"


async def test_a_file_whose_address_ran_out(meta: Meta, page: Account, nino: Fan, read: Any) -> None:
    await meta.pages.file(nino, "image", PNG, "image/png")
    told = meta.webhooks.told[-1]
    meta.ahead = 3600.0
    with pytest.raises(TryLater):
        await read(page)
    meta.webhooks.told.append(told)
    (message,) = await read(page, attempt=5)
    assert message.attachments == ()
    assert "404" in str(message.notices[0].values)


async def test_a_file_from_inside_our_own_network_is_not_fetched(
    meta: Meta, page: Account, nino: Fan, read: Any
) -> None:
    await meta.pages.write(nino, attachments=[{"type": "file", "payload": {"url": "http://169.254.169.254/key"}}])
    (message,) = await read(page, attempt=5)
    assert message.attachments == ()
    assert message.notices


async def test_what_nobody_knows_yet_is_still_a_message(meta: Meta, page: Account, nino: Fan, read: Any) -> None:
    await meta.pages.write(nino, is_unsupported=True)
    await meta.pages.write(nino, attachments=[{"type": "hologram", "payload": {}}])
    await meta.pages.write(nino, hologram={"depth": 3})
    await meta.pages.write(nino, attachments=[{"type": "fallback"}, 7])
    await meta.pages.happen(nino, teleport={"to": "moon"})
    *found, event = await read(page)
    assert all(isinstance(each, Message) and each.notices for each in found[:3])
    assert isinstance(found[3], Message)
    assert isinstance(event, Nothing)
    assert "teleport" in event.reason


async def test_taps_marks_and_how_far_people_have_read(meta: Meta, page: Account, nino: Fan, read: Any) -> None:
    happen = meta.pages.happen
    await happen(nino, postback={"mid": "m_P1", "title": "Get started", "payload": "START"})
    await happen(nino, postback={"title": "Old", "payload": "OLD"}, timestamp=1790000000123)
    await happen(nino, reaction={"mid": "m_OUT1", "action": "react", "reaction": "love", "emoji": "❤️"})
    await happen(nino, reaction={"mid": "m_OUT1", "action": "unreact"})
    await happen(nino, read={"watermark": 1790000001000})
    await happen(nino, delivery={"mids": ["m_OUT1"], "watermark": 1790000000000})
    await happen(nino, read={"mid": "aWdfOUT1"}, timestamp=1790000002000)
    await happen(nino, message_edit={"mid": "m_A1", "text": "fixed"})
    await meta.pages.write(nino, mid="m_A1", is_deleted=True)
    await happen(nino, referral={"ref": "R", "source": "SHORTLINK"})
    await happen(nino, pass_thread_control={"new_owner_app_id": "1"})
    tap, old, on, off, seen, delivered, mark, edit, gone, came, passed = await read(page)
    assert (tap.external_id, tap.text, tap.choice) == ("m_P1", "Get started", "START")
    assert old.external_id == "postback:5550001:1790000000123:OLD"
    assert isinstance(on, Reaction)
    assert (on.sign, off.sign, on.to) == ("❤️", "", "m_OUT1")
    assert seen == SeenUntil(
        by=Handle("messenger", "PAGE1:5550001"), until=datetime.fromtimestamp(1790000001, UTC), state="read"
    )
    assert (delivered.state, mark.until) == ("delivered", datetime.fromtimestamp(1790000002, UTC))
    assert edit == Revision(of="m_A1", text="fixed", occurred_at=edit.occurred_at)
    assert gone.text is None
    assert isinstance(came, Nothing)
    assert isinstance(passed, Nothing)


async def test_echoes_of_ours_and_of_others(meta: Meta, page: Account, nino: Fan, read: Any) -> None:
    await meta.pages.answered_elsewhere(nino, "by hand")
    own = meta.pages.pages["PAGE1"]
    for metadata in ("pd:42", "pd:42#1"):
        message = {"mid": f"m_{metadata}", "text": "x", "app_id": "app-polydesk", "metadata": metadata}
        await meta.webhooks.deliver(meta.pages._echo(own, nino.id, message))
    foreign, ours, part = await read(page)
    assert isinstance(foreign, Echo)
    assert (foreign.text, foreign.correlation, foreign.recipient.value) == ("by hand", "", "PAGE1:5550001")
    assert ours.correlation == "pd:42"
    assert isinstance(part, Nothing)


async def test_copies_of_what_another_app_answers_are_shown_and_say_so(
    meta: Meta, page: Account, nino: Fan, read: Any
) -> None:
    await meta.pages.write(nino, text="hi", standby=True)
    await meta.pages.happen(nino, postback={"mid": "m_P1", "title": "Status", "payload": "X"}, standby=True)
    message, tap = await read(page)
    assert message.text == "hi"
    assert "Another app" in str(message.notices[0])
    assert (tap.text, tap.choice) == ("Status", "")


@pytest.mark.parametrize("channel", ["page", "instagram"])
async def test_comments_are_conversations(
    meta: Meta, nino: Fan, read: Any, channel: str, request: pytest.FixtureRequest
) -> None:
    account: Account = request.getfixturevalue(channel)
    where = meta.pages.pages[account.address]
    id = await meta.pages.comment(nino, "price?", where)
    await meta.pages.comment(nino, "well?", where, parent_id=id)
    await meta.pages.comment(Fan(account.address, "Ourselves"), "19.90", where)
    first, second, own = await read(account)
    assert (first.external_id, first.text) == (f"comment:{id}", "price?")
    assert "public" in str(first.notices[0])
    assert second.references == (f"comment:{id}",)
    assert isinstance(own, Nothing)
    if channel == "page":
        change = {"item": "comment", "verb": "remove", "comment_id": id, "from": {"id": nino.id}}
        await meta.webhooks.deliver(meta.pages.body(where, changes=[{"field": "feed", "value": change}]))
        like = {"item": "reaction", "verb": "add", "from": {"id": nino.id}}
        await meta.webhooks.deliver(meta.pages.body(where, changes=[{"field": "feed", "value": like}]))
        gone, liked = await read(account)
        assert gone == Revision(of=f"comment:{id}", text=None)
        assert isinstance(liked, Nothing)
    else:
        inline = {
            "field": "comments",
            "value": {"comment_id": "C9", "from": {"id": nino.id, "username": "n"}, "text": "?"},
        }
        await meta.webhooks.deliver(meta.pages.body(where, **inline))
        (inlined,) = await read(account)
        assert inlined.external_id == "comment:C9"


async def test_comments_can_be_switched_off(meta: Meta, page: Account, nino: Fan, read: Any) -> None:
    quiet = msgspec.structs.replace(page, settings=msgspec.structs.replace(page.settings, comments=False))
    await meta.pages.comment(nino, "price?")
    (comment,) = await read(quiet)
    assert isinstance(comment, Nothing)


async def test_only_what_meta_signed_is_believed(meta: Meta, page: Account) -> None:
    channel = MessengerChannel()
    body = b'{"object":"page","entry":[]}'
    forged = {"x-hub-signature-256": signature("another secret", body)}
    answer = await channel.webhook(Call(method="POST", url="", headers=forged, body=body), [page])
    assert (answer.status, answer.deliveries, answer.alarmed) == (403, (), (1,))
    answer = await channel.webhook(Call(method="POST", url="", body=body), [page])
    assert (answer.status, answer.alarm) == (403, None)
    query = (("hub.mode", "subscribe"), ("hub.verify_token", meta.verify_token), ("hub.challenge", "77"))
    assert (await channel.webhook(Call(method="GET", url="", query=query), [page])).body == b"77"
    assert (await channel.webhook(Call(method="GET", url="", query=query[:1]), [page])).status == 403


@pytest.mark.parametrize("body", [b"", b"nonsense", b"[]", b'{"entry":[{"id":"PAGE1","messaging":[7]}]}'])
async def test_signed_nonsense_is_kept_for_the_admin(meta: Meta, page: Account, body: bytes) -> None:
    headers = {"x-hub-signature-256": signature(meta.secret, body)}
    answer = await MessengerChannel().webhook(Call(method="POST", url="", headers=headers, body=body), [page])
    (kept,) = answer.deliveries
    with pytest.raises(Unreadable):
        await MessengerChannel().parse(kept.arrival, page)


async def test_what_is_for_a_page_not_connected_here_waits_in_sight(
    desk: Any, meta: Meta, page: Account, nino: Fan, read: Any
) -> None:
    await meta.pages.write(nino, meta.pages.add("PAGE9"), text="hello?")
    with pytest.raises(Unreadable) as error:
        await read(page)
    assert "PAGE9" in str(error.value)

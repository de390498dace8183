"""What chats ask of the core: one running thread, windows, templates, marks, statuses, ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from polydesk_stranger.channel import BOARD
from polydesk_stranger.chat import CHAT
from tests.board import Chat

from polydesk import Invalid, OutcomeUnknown, db
from polydesk.channels import service as channels
from polydesk.contacts import service as contacts
from polydesk.conversations import changing, continuing, merging, replying
from polydesk.conversations import service as conversations
from polydesk.conversations.extras import Extras
from polydesk.conversations.templates import chosen
from polydesk.conversations.views import Opened
from polydesk.inbound import service as inbound
from polydesk.types import Choice, Handle, Place, Prompt


async def everything(chat: Chat) -> list[Opened]:
    rows = await db.fetch("SELECT id FROM pd_conversation ORDER BY id")
    return [await conversations.open_conversation(chat.owner, row["id"]) for row in rows]


def messages(opened: Opened) -> list[str]:
    return [entry.text for entry in opened.entries if entry.kind == "message"]


async def delivery(item: int) -> str:
    return str((await db.fetch("SELECT state FROM pd_delivery WHERE item = {}", item))[0]["state"])


async def test_a_chat_runs_on_as_one_thread_until_it_was_solved_long_ago(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    await chat.say("nino", "Are you there?")
    await chat.say("giorgi", "Something else")
    first, other = await everything(chat)
    assert messages(first) == ["Hello", "Are you there?"]
    await changing.set_status(chat.owner, first.conversation.id, "solved")
    await chat.say("nino", "One more thing")
    assert messages((await everything(chat))[0])[-1] == "One more thing", "solved a moment ago: the same matter"
    await changing.set_status(chat.owner, first.conversation.id, "solved")
    long_ago = datetime.now(UTC) - timedelta(hours=25)
    await db.fetch("UPDATE pd_conversation SET solved_at = {} WHERE id = {}", long_ago, first.conversation.id)
    await chat.say("nino", "A new matter")
    assert messages((await everything(chat))[2]) == ["A new matter"]
    assert messages(other) == ["Something else"]


async def test_handles_the_service_vouches_for_make_one_person_of_two(chat: Chat) -> None:
    await chat.board.write("nino@board", "By notice")
    await chat.say("nino", "By chat")
    before = await everything(chat)
    assert before[0].contact.id != before[1].contact.id
    await chat.say("nino", "It is me", also={"board": "nino@board"})
    after = await everything(chat)
    assert after[0].contact.id == after[1].contact.id
    assert {handle.value for handle in after[0].contact.handles} == {"nino", "nino@board"}
    assert any(
        entry.kind == "merged" for entry in (await conversations.contact_timeline(chat.owner, after[0].contact.id))[0]
    )


async def test_a_shared_telephone_does_not_make_one_person_of_two(chat: Chat) -> None:
    await chat.say("device", "I am Nino", also={"board": "nino@board"})
    await chat.board.write("giorgi@board", "By notice")
    await chat.say("device", "I am Giorgi", also={"board": "giorgi@board"})
    assert len({each.contact.id for each in await everything(chat)}) == 2


async def test_what_somebody_merely_claims_is_shown_and_not_believed(chat: Chat) -> None:
    await chat.board.write("nino@board", "By notice")
    await chat.say("stranger", "I am Nino!", stated={"board": "nino@board"})
    notice, claim = await everything(chat)
    assert notice.contact.id != claim.contact.id
    assert claim.entries[-1].data["stated"][0]["value"] == "nino@board"


async def test_replies_leave_in_order_and_statuses_only_move_forward(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    it = await chat.the_conversation()
    first = await replying.reply(chat.owner, it.conversation.id, "One")
    second = await replying.reply(chat.owner, it.conversation.id, "Two")
    await chat.desk.work(ahead=2)
    assert [each.text for each in CHAT.pinned] == ["One", "Two"]
    await chat.say("nino", kind="status", of=f"out-{first}", state="read", id="s1")
    await chat.say("nino", kind="status", of=f"out-{first}", state="delivered", id="s2")
    await chat.say("nino", kind="status", of=f"out-{first}", state="failed", reason="late news", id="s3")
    assert await delivery(first) == "read", "what has been read was delivered, and cannot fail"
    assert await delivery(second) == "sent"
    await chat.say("nino", kind="seen", id="s4")
    assert await delivery(second) == "read"


async def test_news_that_overtakes_the_answer_is_kept_and_settles_what_was_unknown(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    it = await chat.the_conversation()
    item = await replying.reply(chat.owner, it.conversation.id, "On its way")
    CHAT.answers.append(OutcomeUnknown("the line broke"))
    await chat.drop_in(
        "nino",
        kind="status",
        of="what-they-call-it",
        state="delivered",
        correlation=await chat.correlation(item),
        id="s1",
    )
    await chat.desk.work()
    assert await delivery(item) == "delivered"
    await chat.desk.work(ahead=200)
    assert CHAT.pinned == [], "it had arrived: it is not sent again"
    await chat.say("nino", kind="reaction", of="what-they-call-it", sign="👍", id="r1")
    assert any(entry.kind == "reaction" for entry in (await chat.the_conversation()).entries)


async def test_news_about_nothing_we_know_waits_and_is_then_laid_aside(chat: Chat) -> None:
    await chat.say("nino", kind="status", of="somebody-else's", state="sent", id="s1")
    assert (await db.fetch("SELECT state FROM pd_arrival"))[0]["state"] == "new"
    await db.fetch("UPDATE pd_arrival SET arrived_at = {}", datetime.now(UTC) - timedelta(minutes=11))
    await chat.desk.work(ahead=700)
    assert (await db.fetch("SELECT state FROM pd_arrival"))[0]["state"] == "nothing"


async def test_outside_the_window_only_a_template_goes_out(chat: Chat) -> None:
    yesterday = datetime.now(UTC) - timedelta(hours=30)
    await chat.say("nino", "Hello", at=yesterday.isoformat())
    it = await chat.the_conversation()
    assert it.composer.window.state == "closed"
    assert [each.name for each in it.composer.templates] == ["hello_again"], "only approved ones are offered"
    with pytest.raises(Invalid, match="template"):
        await replying.reply(chat.owner, it.conversation.id, "Are you still there?")
    empty = await chosen(chat.account.id, "hello_again", "en", {})
    with pytest.raises(Invalid, match="name"):
        await replying.reply(chat.owner, it.conversation.id, "", extras=Extras(template=empty))
    use = await chosen(chat.account.id, "hello_again", "en", {"name": "Nino"})
    await replying.add_file(chat.owner, it.conversation.id, "note.txt", "text/plain", b"x")
    with pytest.raises(Invalid, match="by itself"):
        await replying.reply(chat.owner, it.conversation.id, "", extras=Extras(template=use))
    (file,) = (await chat.the_conversation()).composer.draft.files
    await replying.remove_file(chat.owner, it.conversation.id, file.id)
    await replying.reply(chat.owner, it.conversation.id, "typed before it closed", extras=Extras(template=use))
    await chat.desk.work()
    assert CHAT.pinned[0].template == use
    assert messages(await chat.the_conversation())[-1] == "Hello Nino, shall we go on?"
    await chat.say("nino", "Yes!")
    assert (await chat.the_conversation()).composer.window.state == "open", "their answer opens it again"


async def test_choices_a_channel_cannot_show_become_numbers(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    it = await chat.the_conversation()
    few = Prompt(text="Which?", choices=tuple(Choice(value=each, label=each) for each in ("Red", "Blue")))
    many = Prompt(text="Which?", choices=tuple(Choice(value=each, label=each) for each in "ABCD"))
    await replying.reply(chat.owner, it.conversation.id, "Which?", extras=Extras(prompt=few))
    await chat.desk.work()
    await replying.reply(chat.owner, it.conversation.id, "Which?", extras=Extras(prompt=many))
    await chat.desk.work()
    assert CHAT.pinned[0].prompt == few
    assert CHAT.pinned[1].prompt is None
    assert CHAT.pinned[1].text == "Which?\n\n1. A\n2. B\n3. C\n4. D"


async def test_places_quotes_and_reactions_go_both_ways(chat: Chat) -> None:
    await chat.say("nino", "Where are you?", place=True)
    it = await chat.the_conversation()
    asked = next(entry for entry in it.entries if entry.kind == "message")
    assert asked.pieces == (Place(latitude=41.69, longitude=44.8, name="Fountain"),)
    here = Place(latitude=1.5, longitude=2.5)
    answered = await replying.reply(
        chat.owner, it.conversation.id, "Here", extras=Extras(pieces=(here,), quotes=asked.id)
    )
    await replying.react(chat.owner, it.conversation.id, asked.id, "🙏")
    await chat.desk.work(ahead=2)
    assert CHAT.pinned[0].pieces == (here,)
    assert CHAT.pinned[0].quotes == "chat-1"
    assert (CHAT.pinned[1].reaction, CHAT.pinned[1].quotes) == ("🙏", "chat-1")
    await chat.say("nino", "Thanks", quotes=f"out-{answered}")
    assert (await chat.the_conversation()).entries[-1].data["quotes"] == answered


async def test_a_message_that_was_taken_back_is_no_longer_shown(chat: Chat, client: object) -> None:
    from polydesk.conversations.screens import showing

    await chat.say("nino", "My password is hunter2")
    await chat.say("nino", "Good mornig")
    await chat.say("nino", kind="revision", of="chat-1", id="v1")
    await chat.say("nino", kind="revision", of="chat-2", text="Good morning", id="v2")
    it = await chat.the_conversation()
    shown = await showing.show(it.entries, contact_name="Nino", queues={})
    texts = [one.text for one in shown if one.is_message]
    assert texts == ["", "Good morning"]
    assert [one.before for one in shown if one.is_message] == ["", "Good mornig"]


async def test_what_was_sent_past_the_desk_is_in_the_timeline_once(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    await chat.say("nino", "From the owner's telephone", kind="echo", id="e1")
    await chat.say("nino", "From the owner's telephone", kind="echo", id="e1")
    it = await chat.the_conversation()
    assert messages(it) == ["Hello", "From the owner's telephone"]
    item = await replying.reply(chat.owner, it.conversation.id, "Ours")
    await chat.desk.work()
    await chat.say("nino", "Ours", kind="echo", id=f"out-{item}")
    assert messages(await chat.the_conversation())[-1] == "Ours"
    assert len(messages(await chat.the_conversation())) == 3, "our own echo is not a second message"


async def test_a_new_number_is_the_same_person(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    await chat.say("nino", kind="moved", to="nino-2", id="m1")
    await chat.say("nino-2", "My new number")
    assert messages(await chat.the_conversation()) == ["Hello", "My new number"]


async def test_a_picture_that_is_late_is_waited_for(chat: Chat) -> None:
    await chat.say("nino", "Look", kind="picture", works_at=3)
    assert await everything(chat) == []
    await chat.desk.work(ahead=30)
    await chat.desk.work(ahead=30)
    assert messages(await chat.the_conversation()) == ["Look"]


async def test_bytes_for_an_account_that_is_not_set_up_wait_in_sight_and_reach_it_later(chat: Chat) -> None:
    await chat.say("nino", kind="elsewhere", address="second", id="w1")
    (parked,) = await inbound.list_unreadable(chat.owner)
    assert "second" in parked.reason
    settings = type(chat.account.settings)(board="second", token="knock")
    second = await channels.save_account(
        chat.owner, channel="boardchat", client=chat.account.client, market=None, name="Second", settings=settings
    )
    await inbound.replay(chat.owner, parked.id)
    await chat.desk.work()
    assert (
        await inbound.list_unreadable(chat.owner) == []
        or (await inbound.list_unreadable(chat.owner))[0].account == second
    )


async def test_a_conversation_goes_on_by_another_channel_and_keeps_its_history(chat: Chat) -> None:
    await chat.say("nino", "By chat", also={"board": "nino@board"})
    await chat.board.write("nino@board", "By notice", reply_to=[])
    by_chat, by_notice = await everything(chat)
    assert {way.channel for way in by_notice.composer.ways} == {"board", "boardchat"}
    await replying.reply(chat.owner, by_notice.conversation.id, "Let us chat", by=chat.account.id, to=None)
    await chat.desk.work()
    assert [each.text for each in CHAT.pinned] == ["Let us chat"]
    assert CHAT.pinned[0].to[0].value == "nino"
    assert BOARD.pinned == []
    await chat.say("nino", "Gladly")
    assert messages((await everything(chat))[1]) == ["By notice", "Let us chat", "Gladly"]
    assert messages(by_chat) == ["By chat"]


async def test_a_file_the_channel_cannot_carry_is_refused_by_name(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    it = await chat.the_conversation()
    await replying.add_file(chat.owner, it.conversation.id, "film.mp4", "video/mp4", b"x")
    with pytest.raises(Invalid, match=r"film\.mp4"):
        await replying.reply(chat.owner, it.conversation.id, "See")


async def test_the_health_screen_knows_what_the_service_says(chat: Chat) -> None:
    view = next(each for each in await channels.list_accounts(chat.owner) if each.id == chat.account.id)
    assert [fact.name for fact in view.facts] == ["mood"]
    assert len(view.templates) == 2
    await chat.say("nino", kind="news", trouble="The number was suspended.", id="n1")
    view = await channels.get_account(chat.owner, chat.account.id)
    assert view.trouble == "The number was suspended."


async def test_other_peoples_words_cannot_be_quoted_or_marked(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    await chat.say("giorgi", "My card is 4111")
    mine, other = await everything(chat)
    secret = next(entry.id for entry in other.entries if entry.kind == "message")
    with pytest.raises(Invalid):
        await replying.reply(chat.owner, mine.conversation.id, "hi", extras=Extras(quotes=secret))
    with pytest.raises(Invalid):
        await replying.react(chat.owner, mine.conversation.id, secret, "👍")
    with pytest.raises(Invalid):
        await replying.react(chat.owner, mine.conversation.id, mine.entries[0].id, "<b>")


async def test_a_copy_by_another_way_leaves_the_conversation_where_it_is(chat: Chat) -> None:
    await chat.say("nino", "Please hurry", also={"chatter": "nino-2"})
    it = await chat.the_conversation()
    second = await channels.save_account(
        chat.owner,
        channel="boardchat",
        client=chat.account.client,
        market=None,
        name="Second",
        settings=type(chat.account.settings)(board="second", token="knock"),
    )
    sent = await continuing.by(it.conversation.id, kind="chatter", text="What was said", copy=True, once="copy")
    assert sent is not None
    assert await continuing.by(it.conversation.id, kind="chatter", text="What was said", copy=True, once="copy") is None
    after = await chat.the_conversation()
    assert (after.conversation.account, second != chat.account.id) == (chat.account.id, True)
    row = (await db.fetch("SELECT awaits_reply, preview FROM pd_conversation"))[0]
    assert bool(row["awaits_reply"])
    assert row["preview"] == "Please hurry"


async def test_what_went_out_past_the_desk_opens_no_window(chat: Chat) -> None:
    await chat.say("nino", "From the owner's telephone", kind="echo", id="e1")
    it = await chat.the_conversation()
    assert it.composer.window.state == "closed", "the contact never wrote"
    assert it.conversation.status == "waiting"
    await chat.say("nino", "Hello!")
    assert messages(await chat.the_conversation()) == ["From the owner's telephone", "Hello!"]


async def test_two_contacts_become_one_once_and_nothing_known_is_lost(chat: Chat) -> None:
    await chat.say("nino")
    await chat.say("giorgi", name="Giorgi")
    nameless, named = await everything(chat)
    await merging.merge(chat.owner, nameless.contact.id, named.contact.id)
    for one, other in ((nameless, named), (named, nameless)):
        with pytest.raises(Invalid):
            await merging.merge(chat.owner, one.contact.id, other.contact.id)
    found = await contacts.get_contact(chat.owner, named.contact.id)
    assert (found.id, found.name) == (nameless.contact.id, "Giorgi"), "an old link leads on"


async def test_a_chat_is_answered_to_its_own_contact_only(chat: Chat) -> None:
    await chat.say("nino", "Hello")
    await chat.say("giorgi", "Hi")
    mine, other = await everything(chat)
    with pytest.raises(Invalid, match="somebody else"):
        await replying.reply(chat.owner, mine.conversation.id, "Psst", to=(Handle("chatter", "giorgi"),))
    await replying.reply(chat.owner, mine.conversation.id, "Hello Nino", to=(Handle("chatter", "nino"),))
    await chat.desk.work()
    await chat.say("giorgi", "Still me")
    assert messages((await everything(chat))[1]) == ["Hi", "Still me"]
    assert other.contact.id != mine.contact.id

"""Plugins have their say before an agent: questions, answers by press or by number, and always a way on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from polydesk_stranger import plugin as stranger
from polydesk_stranger.chat import CHAT
from tests.board import Chat

from polydesk import Text, db
from polydesk.conversations import assigning, replying
from polydesk.conversations import service as conversations
from polydesk.queues import service as queues
from polydesk.types import Choice, Contact, Conversation, Item, Learned, Prompt, Step

WHICH = Prompt(
    text="What is it about?", choices=(Choice(value="order", label="My order"), Choice(value="job", label="A job"))
)


class Menu:
    """Asks once, then for a number, then hands over; remembers what it was told."""

    def __init__(self, queue: int | None = None) -> None:
        self.queue = queue
        self.heard: list[tuple[str, str]] = []
        self.asked: set[int] = set()

    def __call__(self, conversation: Conversation, contact: Contact, item: Item) -> Step | None:
        self.heard.append((item.text, item.data["choice"]))
        if conversation.id not in self.asked:
            self.asked.add(conversation.id)
            return Step(say="Welcome!", ask=WHICH)
        if item.data["choice"] == "order":
            return Step(ask=Prompt(text="Which number?"), learned=Learned(category="Orders", contact_kind="courier"))
        return Step(
            learned=Learned(attributes={"order": item.text}, language="ka"),
            queue=self.queue,
            reason=Text("it is about an order"),
        )


async def row(chat: Chat) -> dict[str, Any]:
    return (await db.fetch("SELECT * FROM pd_conversation"))[0]


async def test_a_menu_asks_learns_and_chooses_the_queue(chat: Chat) -> None:
    queue = await queues.save_queue(chat.owner, client=chat.owner.clients[0], market=None, name="Orders")
    menu = stranger.ANSWERS["next_step"] = Menu(queue)
    await chat.say("nino", "Hello")
    await chat.desk.work(ahead=2)
    assert [each.text for each in CHAT.pinned] == ["Welcome!", "What is it about?"]
    assert CHAT.pinned[1].prompt == WHICH
    asked = await row(chat)
    assert asked["waiting_since"] is None, "no agent is disturbed while the menu asks"
    assert not asked["awaits_reply"], "it is the contact's turn"
    await chat.say("nino", "1")
    await chat.say("nino", "PP-1042")
    await chat.desk.work(ahead=2)
    assert menu.heard == [("Hello", ""), ("1", "order"), ("PP-1042", "")]
    it = await chat.the_conversation()
    assert it.conversation.queue == queue
    assert it.conversation.category == "Orders"
    assert it.conversation.attributes == {"order": "PP-1042"}
    assert it.conversation.language == "ka"
    assert it.contact.kind == "courier"
    handed_over = await row(chat)
    assert handed_over["waiting_since"] is not None
    assert handed_over["awaits_reply"], "the menu's last word answered nothing"
    await chat.say("nino", "Are you there?")
    assert len(menu.heard) == 3, "once handed over, the menu is silent"


async def test_labels_and_presses_count_as_the_choice(chat: Chat) -> None:
    menu = stranger.ANSWERS["next_step"] = Menu()
    await chat.say("nino", "Hello")
    await chat.say("nino", "my ORDER.")
    await chat.say("giorgi", "Hi")
    await chat.say("giorgi", "whatever", choice="job")
    assert menu.heard[1] == ("my ORDER.", "order")
    assert menu.heard[3] == ("whatever", "job")


async def test_an_agent_who_takes_over_ends_the_questions(chat: Chat) -> None:
    menu = stranger.ANSWERS["next_step"] = Menu()
    await chat.say("nino", "Hello")
    it = await chat.the_conversation()
    from polydesk.conversations import changing

    await changing.assign(chat.owner, it.conversation.id, chat.owner.id)
    assert (await row(chat))["awaits_reply"], "they wait for the agent now"
    await chat.say("nino", "1")
    assert len(menu.heard) == 1


async def test_an_agent_who_answers_ends_the_questions_and_nothing_awaits_a_reply(chat: Chat) -> None:
    menu = stranger.ANSWERS["next_step"] = Menu()
    await chat.say("nino", "Hello")
    it = await chat.the_conversation()
    await replying.reply(chat.owner, it.conversation.id, "Hello Nino, I am here.")
    found = await row(chat)
    assert (bool(found["asking"]), bool(found["awaits_reply"])) == (False, False)
    await chat.say("nino", "1")
    assert len(menu.heard) == 1
    assert (await row(chat))["awaits_reply"]


async def test_who_does_not_answer_gets_an_agent_all_the_same(chat: Chat) -> None:
    stranger.ANSWERS["next_step"] = Menu()
    await assigning.set_presence(chat.owner, "ready")
    await chat.say("nino", "Hello")
    assert (await row(chat))["assignee"] is None
    await db.fetch("UPDATE pd_conversation SET last_at = {}", datetime.now(UTC) - timedelta(minutes=16))
    await db.fetch("UPDATE pd_job SET run_at = {} WHERE uniq = 'schedule:conversations.asked'", datetime.now(UTC))
    await chat.desk.work()
    assert (await row(chat))["assignee"] == chat.owner.id


async def test_a_menu_that_breaks_leaves_nobody_with_a_machine(chat: Chat) -> None:
    def broken(*_args: object) -> Step:
        raise RuntimeError("the menu broke")

    stranger.ANSWERS["next_step"] = broken
    await chat.say("nino", "Hello")
    assert (await row(chat))["waiting_since"] is not None


async def test_a_queue_of_another_client_is_not_obeyed(chat: Chat) -> None:
    stranger.ANSWERS["next_step"] = lambda *_: Step(queue=999_999, reason=Text("nonsense"))
    await chat.say("nino", "Hello")
    found = await row(chat)
    assert found["waiting_since"] is not None
    assert found["queue"] != 999_999


async def test_a_question_that_was_answered_by_the_machine_is_solved_and_may_come_back(chat: Chat) -> None:
    stranger.ANSWERS["next_step"] = lambda *_: Step(say="We open at nine.", solve=True)
    await chat.say("nino", "When do you open?")
    await chat.desk.work(ahead=2)
    solved = await row(chat)
    assert (solved["status"], bool(solved["awaits_reply"])) == ("solved", False)
    assert CHAT.pinned[0].text == "We open at nine."
    stranger.ANSWERS["next_step"] = lambda *_: Step(solve=True)
    await chat.say("nino", "Thanks")
    thanked = await row(chat)
    assert (thanked["status"], bool(thanked["awaits_reply"])) == ("solved", False), "without a word, too"
    stranger.ANSWERS["next_step"] = lambda *_: None
    await chat.say("nino", "A person please")
    it = await chat.the_conversation()
    assert it.conversation.status == "open"
    assert (await row(chat))["waiting_since"] is not None


async def test_what_is_being_asked_is_not_among_the_unassigned(chat: Chat) -> None:
    stranger.ANSWERS["next_step"] = Menu()
    await chat.say("nino", "Hello")
    assert (await conversations.list_conversations(chat.owner, "unassigned")).rows == ()
    assert len((await conversations.list_conversations(chat.owner, "all")).rows) == 1

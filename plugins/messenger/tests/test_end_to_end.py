"""From somebody's telephone to the agent and back, through a served desk and Meta's side over real sockets."""

from __future__ import annotations

from typing import Any

import pytest

from polydesk import db
from polydesk.conversations import replying
from polydesk.testing.meta import Fan, Meta


@pytest.mark.parametrize(("channel", "address"), [("messenger", "PAGE1"), ("instagram", "IGACC1")])
async def test_a_question_an_answer_and_what_became_of_it(
    open_desk: Any, meta: Meta, nino: Fan, channel: str, address: str
) -> None:
    desk = await open_desk(channel)
    assert await meta.webhooks.handshake()
    page = meta.pages.pages[address]
    await meta.pages.write(nino, page, text="გამარჯობა")
    (conversation,) = await desk.until("SELECT * FROM pd_conversation WHERE preview = 'გამარჯობა'")
    (handle,) = await db.fetch("SELECT kind, value FROM pd_identity")
    assert (handle["kind"], handle["value"]) == (channel, f"{address}:5550001")
    await desk.until("SELECT id FROM pd_contact WHERE name = 'Nino K'")

    await replying.reply(desk.owner, conversation["id"], "Hello Nino")
    await desk.until("SELECT id FROM pd_delivery WHERE state = 'read'")
    assert meta.pages.sent[0].message["message"]["text"] == "Hello Nino"
    await meta.webhooks.settled()
    await desk.until("SELECT id FROM pd_arrival WHERE state = 'done' AND item IS NOT NULL LIMIT 1")
    items = await db.fetch("SELECT text FROM pd_item WHERE kind = 'message' ORDER BY id")
    assert [each["text"] for each in items] == ["გამარჯობა", "Hello Nino"], "our echo is no second message"


async def test_an_answer_from_metas_own_inbox_is_shown(open_desk: Any, meta: Meta, nino: Fan) -> None:
    desk = await open_desk("messenger")
    await meta.pages.write(nino, text="hi")
    await desk.until("SELECT id FROM pd_conversation")
    await meta.pages.answered_elsewhere(nino, "from the inbox of Meta")
    (item,) = await desk.until("SELECT * FROM pd_item WHERE text = 'from the inbox of Meta'")
    assert item["direction"] == "out"


async def test_a_day_later_only_a_person_may_still_answer(open_desk: Any, meta: Meta, nino: Fan) -> None:
    desk = await open_desk("messenger")
    await meta.pages.write(nino, text="hi")
    (conversation,) = await desk.until("SELECT * FROM pd_conversation")
    meta.ahead = 25 * 3600.0
    await replying.reply(desk.owner, conversation["id"], "Too late")
    (delivery,) = await desk.until("SELECT * FROM pd_delivery WHERE state = 'failed'")
    assert "outside of allowed window" in delivery["reason"]


async def test_duplicates_and_disorder_count_once(open_desk: Any, meta: Meta) -> None:
    desk = await open_desk("messenger")
    page = meta.pages.pages["PAGE1"]
    fans = [Fan(f"7{number:04}", f"P{number}") for number in range(30)]
    bodies = [meta.pages.event(fan, page, message={"mid": f"m_{fan.id}", "text": "hello"}) for fan in fans]
    await meta.webhooks.disorderly(bodies, batch=1000, twice=0.5)
    await meta.webhooks.disorderly(bodies, batch=7)
    await desk.until("SELECT id FROM pd_arrival WHERE state <> 'new' LIMIT 1 OFFSET 29")
    assert (await db.fetch("SELECT COUNT(*) AS n FROM pd_item WHERE text = 'hello'"))[0]["n"] == 30
    assert (await db.fetch("SELECT COUNT(*) AS n FROM pd_arrival"))[0]["n"] == 30

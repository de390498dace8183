"""The demo is real work: it came in by mail, was answered by SMTP, and whoever it names can sign in."""

from __future__ import annotations

import re

import httpx

from polydesk import db, demo
from polydesk.demo.stories import stories
from polydesk.staff import service as staff
from polydesk.testing.fixtures import TestDesk


async def test_an_empty_desk_fills_with_work_in_many_languages(desk: TestDesk, client: httpx.AsyncClient) -> None:
    told: list[str] = []
    await demo.load(desk.settings, lambda _: None, told.append)
    rows = await db.fetch(
        "SELECT status, language, messages, has_failure, subject FROM pd_conversation WHERE channel = 'email'"
    )
    assert {row["subject"] for row in rows} == {story.subject for story in stories()}
    assert {"en", "fr", "ar", "de", "es", "it"} <= {row["language"] for row in rows}
    assert {row["status"] for row in rows} == {"open", "waiting", "snoozed", "solved"}
    assert not any(row["has_failure"] for row in rows)
    sent = await db.fetch("SELECT id FROM pd_delivery WHERE state = 'sent'")
    assert len(sent) == len(list((desk.settings.data_dir / "demo" / "outbox").glob("*.eml"))) > 40
    people = await db.fetch("SELECT state, COUNT(*) AS n FROM voice_list_entry GROUP BY state")
    assert {row["state"] for row in people} == {"waiting", "done", "never"}
    link = next(match[0] for line in told if (match := re.search(r"/sign-in/link/\S+", line)))
    assert "Mara Olsen" in (await client.get(link)).text
    email, password = told[-1].split()[-2:]
    assert await staff.sign_in(email, password)

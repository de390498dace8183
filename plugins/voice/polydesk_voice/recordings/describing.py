"""What recordings are found by, kept beside them: the present words of their call, written anew whenever it changes."""

from __future__ import annotations

import msgspec

from polydesk import db, jobs
from polydesk.types import JobKind
from polydesk_voice.recordings.words import folded

_NOTES = 20


async def _describe(job: jobs.Job) -> None:
    rows = await db.fetch(
        "SELECT c.id, c.outcome, c.caller, c.called, c.queue, c.person, v.id AS conversation, v.subject, v.category, "
        "v.tags, v.attributes, o.name AS contact_name, p.name AS agent, q.name AS queue_name FROM voice_call c "
        "LEFT JOIN pd_conversation v ON v.id = c.conversation LEFT JOIN pd_contact o ON o.id = c.contact "
        "LEFT JOIN pd_person p ON p.id = c.person LEFT JOIN pd_queue q ON q.id = c.queue WHERE c.id = {}",
        job.args["call"],
    )
    if not rows:
        return
    row = rows[0]
    notes = await db.fetch(
        f"SELECT text FROM pd_item WHERE conversation = {{}} AND kind = 'note' ORDER BY id DESC LIMIT {_NOTES}",
        row["conversation"] or 0,
    )
    attributes = msgspec.json.decode(row["attributes"] or "{}", type=dict[str, str])
    text = folded(
        row["contact_name"] or "",
        row["caller"],
        row["called"],
        row["agent"] or "",
        row["queue_name"] or "",
        row["category"] or "",
        row["tags"] or "",
        row["subject"] or "",
        *attributes.values(),
        *(note["text"] for note in notes),
    )
    await db.fetch(
        "UPDATE voice_recording SET topic = {}, tags = {}, outcome = {}, queue = COALESCE(queue, {}), "
        "person = COALESCE(person, {}), words = CASE WHEN state = 'erased' THEN '' ELSE {} END WHERE call = {}",
        row["category"] or "",
        f" {' '.join((row['tags'] or '').split())} " if row["tags"] else "",
        row["outcome"],
        row["queue"],
        row["person"],
        text,
        row["id"],
    )


JOBS = (JobKind(name="voice.describe", handler=_describe),)

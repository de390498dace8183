"""Public comments as conversations: read here, answered by one private message."""

from __future__ import annotations

from typing import Any

from polydesk import N_, Text
from polydesk.types import Account, Link, Message, Nothing, Parsed, Revision
from polydesk_messenger import people
from polydesk_messenger.events import moment, part

MARK = "comment:"
_FIELDS = ("comments", "live_comments", "feed")
_PUBLIC = Text(N_("A public comment. The first answer goes to its author as a private message; there can be only one."))


async def read(change: dict[str, Any], account: Account) -> Parsed:
    """A change of a page or an account; everything but comments needs no action."""
    field, value = str(change.get("field") or ""), part(change, "value")
    if field not in _FIELDS or (field == "feed" and value.get("item") != "comment"):
        return Nothing(reason=f"a change that needs no answer: {field} {value.get('item') or ''}".strip())
    id, author = str(value.get("id") or value.get("comment_id") or ""), part(value, "from")
    person, text = str(author.get("id") or ""), str(value.get("text") or value.get("message") or "")
    if not account.settings.comments:
        return Nothing(reason="comments are switched off for this account")
    if not id or not person:
        return Nothing(reason="a comment that names nobody")
    if person == account.address:
        return Nothing(reason="our own comment")
    verb = str(value.get("verb") or "add")
    if verb in ("edited", "remove"):
        return Revision(of=MARK + id, text=None if verb == "remove" else text)
    if verb != "add":
        return Nothing(reason=f"a comment was changed: {verb}")
    post = str(value.get("post_id") or part(value, "media").get("id") or "")
    url = str(value.get("permalink_url") or part(value, "post").get("permalink_url") or "")
    if not url and field == "feed" and post:
        url = f"https://www.facebook.com/{post}"
    parent = str(value.get("parent_id") or "")
    return Message(
        external_id=MARK + id,
        sender=people.handle(account, person, str(author.get("name") or author.get("username") or "")),
        text=text,
        pieces=(Link(url=url, role="page"),) if url else (),
        notices=(_PUBLIC,),
        references=(MARK + parent,) if parent and parent != post else (),
        sent_at=moment(int(value["created_time"]) * 1000) if isinstance(value.get("created_time"), int) else None,
        details={"comment": id, "post": post},
    )

"""Reactions, statuses, identities that change, and news of the account."""

from __future__ import annotations

from typing import Any

from polydesk.testing.meta import Meta, User, template
from polydesk.types import (
    AccountNews,
    Echo,
    Handle,
    HandlesChanged,
    Nothing,
    Reaction,
    Revision,
    StatusUpdate,
)


async def test_marks_on_earlier_messages(meta: Meta, nino: User, read: Any) -> None:
    await meta.whatsapp.write(nino, type="reaction", reaction={"message_id": "wamid.OUT1", "emoji": "👍"})
    await meta.whatsapp.write(nino, type="reaction", reaction={"message_id": "wamid.OUT1"})
    fixed = {"original_message_id": "wamid.T1", "message": {"type": "text", "text": {"body": "fixed"}}}
    await meta.whatsapp.write(nino, type="edit", edit=fixed)
    await meta.whatsapp.write(nino, type="revoke", revoke={"original_message_id": "wamid.T1"})
    on, off, edit, revoke = await read()
    assert isinstance(on, Reaction)
    assert (on.to, on.sign, off.sign) == ("wamid.OUT1", "👍", "")
    assert isinstance(edit, Revision)
    assert (edit.of, edit.text) == ("wamid.T1", "fixed")
    assert (revoke.of, revoke.text) == ("wamid.T1", None)


async def test_numbers_and_ids_that_change(meta: Meta, nino: User, read: Any) -> None:
    told = {"type": "user_changed_number", "wa_id": "995555000999", "user_id": "GE.new", "body": "changed"}
    await meta.whatsapp.write(nino, type="system", system=told)
    ids = {"wa_id": "995555000111", "user_id": {"previous": "GE.old", "current": "GE.new"}, "timestamp": "1"}
    await meta.whatsapp.tell("user_id_update", user_id_update=[ids])
    await meta.whatsapp.write(nino, type="system", system={"type": "customer_identity_changed", "body": "new phone"})
    number, scoped, other = await read()
    assert number == HandlesChanged(
        known=Handle("phone", "+995555000111"), now=(Handle("phone", "+995555000999"), Handle("whatsapp", "GE.new"))
    )
    assert isinstance(scoped, HandlesChanged)
    assert scoped.known == Handle("whatsapp", "GE.old")
    assert scoped.now[0] == Handle("whatsapp", "GE.new")
    assert isinstance(other, Nothing)


async def test_an_answer_from_the_telephone_is_an_echo(meta: Meta, nino: User, read: Any) -> None:
    id = await meta.whatsapp.echo(nino, "from my pocket")
    (echo,) = await read()
    assert isinstance(echo, Echo)
    assert (echo.external_id, echo.text, echo.recipient.value) == (id, "from my pocket", "+995555000111")


async def test_news_of_the_account(meta: Meta, read: Any) -> None:
    tell = meta.whatsapp.tell
    meta.whatsapp.templates = [template("t", "en", "Hi {{1}}", status="REJECTED")]
    await tell(
        "message_template_status_update",
        event="REJECTED",
        message_template_name="t",
        message_template_language="en",
        reason="INVALID_FORMAT",
    )
    await tell("phone_number_quality_update", event="DOWNGRADE", current_limit="TIER_250")
    await tell("account_update", event="ACCOUNT_RESTRICTION", restriction_info=[{"restriction_type": "OUTBOUND"}])
    await tell("account_update", event="VERIFIED_ACCOUNT")
    await tell("a_field_of_the_future", anything=[1, 2])
    await meta.webhooks.deliver(
        meta.whatsapp.body(meta.whatsapp.numbers["110000000000001"], errors=[{"code": 131031, "title": "Locked"}])
    )
    rejected, quality, restricted, verified, future, locked = await read()
    assert isinstance(rejected, AccountNews)
    assert rejected.facts[0].tone == "bad"
    assert "INVALID_FORMAT" in str(rejected.facts[0].value)
    assert rejected.templates is not None
    assert rejected.templates[0].status == "REJECTED"
    assert str(quality.facts[0].value) == "TIER_250"
    assert "OUTBOUND" in str(restricted.trouble)
    assert verified.trouble is None
    assert isinstance(future, Nothing)
    assert "Locked" in str(locked.trouble)


async def test_statuses_say_how_far_a_message_got(meta: Meta, nino: User, read: Any) -> None:
    number = meta.whatsapp.numbers["110000000000001"]

    async def tell(status: str, **more: Any) -> None:
        about = {
            "id": "wamid.OUT2",
            "status": status,
            "timestamp": "1790000005",
            "recipient_id": "995555000111",
            **more,
        }
        await meta.webhooks.deliver(meta.whatsapp.body(number, statuses=[about]))

    await tell("delivered", biz_opaque_callback_data="pd:42")
    await tell("played")
    await tell("delivered", biz_opaque_callback_data="pd:42#1")
    await tell("failed", errors=[{"code": 131047, "title": "Re-engagement", "error_data": {"details": "24 hours"}}])
    await tell("warped")
    delivered, played, part, failed, odd = await read()
    assert isinstance(delivered, StatusUpdate)
    assert (delivered.state, delivered.correlation, delivered.external_ids) == ("delivered", "pd:42", ("wamid.OUT2",))
    assert played.state == "read"
    assert isinstance(part, Nothing)
    assert failed.state == "failed"
    assert "24 hours" in failed.reason
    assert isinstance(odd, Nothing)

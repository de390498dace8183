"""The door: signatures, batches, and what nobody can read."""

from __future__ import annotations

import msgspec
import pytest

from polydesk import Unreadable
from polydesk.channels import service as channels
from polydesk.testing.meta import Meta, User, merged, signature, signed
from polydesk.types import (
    Account,
    Arrival,
    Call,
    Elsewhere,
    Message,
    Nothing,
)
from polydesk_whatsapp.channel import WhatsAppChannel


async def test_the_sample_signatures_of_the_protocol_hold() -> None:
    known = b'{"object":"whatsapp_business_account","entry":[]}'
    assert signature("polydesk-test-secret", known) == (
        "sha256=897cab365f07f907ee36dbbf4cfda03015f00837dcb76b0ce584b72f18d6856b"
    )
    escaped = rb'{"object":"page","entry":[{"id":"1","text":"\u00e4\u00f6"}]}'
    assert signature("polydesk-test-secret", escaped) == (
        "sha256=a45b29169cad8f53a52dc404b42860b31606bda9b96bf4dba76d0b6fb0e6d5c3"
    )


async def test_a_batch_is_taken_apart_and_each_piece_has_its_name(meta: Meta, account: Account) -> None:
    people = [User(wa_id=f"99555500{number:04}") for number in range(500)]
    bodies = [meta.whatsapp.incoming(each, type="text", text={"body": "x"})[1] for each in people]
    raw, headers = signed(meta.secret, merged(bodies + bodies))
    answer = await WhatsAppChannel().webhook(Call(method="POST", url="", headers=headers, body=raw), [account])
    assert len(answer.deliveries) == 1000
    assert len({each.arrival.external_id for each in answer.deliveries}) == 500


async def test_half_an_emoji_spoils_nothing_else(meta: Meta, account: Account, nino: User) -> None:
    body = meta.whatsapp.incoming(nino, type="text", text={"body": "cut \ud83d"})[1]
    raw, headers = signed(meta.secret, body)
    assert rb"\ud83d" in raw
    answer = await WhatsAppChannel().webhook(Call(method="POST", url="", headers=headers, body=raw), [account])
    (arrived,) = answer.deliveries
    message = await WhatsAppChannel().parse(arrived.arrival, account)
    assert isinstance(message, Message)
    assert message.text == "cut ?"


async def test_nothing_of_a_batch_is_left_out(meta: Meta, account: Account, nino: User) -> None:
    body = meta.whatsapp.incoming(nino, type="text", text={"body": "x"})[1]
    body["entry"][0]["changes"][0]["value"]["calls"] = [{"id": "wacid.1", "event": "connect"}]
    body["entry"] += [7, {"id": "WABA1", "surprise": True}]
    raw, headers = signed(meta.secret, body)
    answer = await WhatsAppChannel().webhook(Call(method="POST", url="", headers=headers, body=raw), [account])
    message, *others = [await WhatsAppChannel().parse(each.arrival, account) for each in answer.deliveries]
    assert isinstance(message, Message)
    assert [type(each) for each in others] == [Nothing, Nothing, Nothing]
    kept = b"".join(each.arrival.raw for each in answer.deliveries)
    assert b"wacid.1" in kept
    assert b"surprise" in kept


async def test_a_wrong_signature_is_the_business_of_the_number_it_names(
    meta: Meta, account: Account, nino: User
) -> None:
    second = msgspec.structs.replace(account, id=2, address="110000000000002")
    raw, headers = signed("changed", meta.whatsapp.incoming(nino, type="text", text={"body": "x"})[1])
    answer = await WhatsAppChannel().webhook(Call(method="POST", url="", headers=headers, body=raw), [second, account])
    assert answer.alarmed == (account.id,)


async def test_accounts_that_share_a_secret_get_each_their_own(
    meta: Meta, nino: User, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = msgspec.structs.replace(account, id=2, address="110000000000002")
    stranger = msgspec.structs.replace(
        account,
        id=3,
        address="110000000000003",
        settings=msgspec.structs.replace(account.settings, app_secret="theirs"),
    )
    meta.whatsapp.add("110000000000002")
    meta.whatsapp.add("110000000000003")
    numbers = list(meta.whatsapp.numbers.values())
    bodies = [meta.whatsapp.incoming(nino, each, type="text", text={"body": "x"})[1] for each in numbers]
    raw, headers = signed(meta.secret, merged(bodies))
    call = Call(method="POST", url="", headers=headers, body=raw)
    answer = await WhatsAppChannel().webhook(call, [stranger, account, second])
    assert [each.account for each in answer.deliveries] == [1, 2, 1]

    # The third is signed with our secret but for a number under another one: it must not get there.
    async def at(_channel: str, address: str) -> Account | None:
        return {each.address: each for each in (account, second, stranger)}.get(address)

    monkeypatch.setattr(channels, "at", at)
    with pytest.raises(Unreadable):
        await WhatsAppChannel().parse(answer.deliveries[2].arrival, account)
    assert await WhatsAppChannel().parse(answer.deliveries[1].arrival, account) == Elsewhere(address="110000000000002")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"entry":7}',
        b"\xff{",
        pytest.param(b"[" * 99_999, id="deep"),
        b'{"entry":[{"changes":[{"value":3}]}]}',
    ],
)
async def test_signed_nonsense_is_kept_for_the_admin(meta: Meta, account: Account, body: bytes) -> None:
    headers = {"x-hub-signature-256": signature(meta.secret, body)}
    answer = await WhatsAppChannel().webhook(Call(method="POST", url="", headers=headers, body=body), [account])
    assert answer.status == 200
    (kept,) = answer.deliveries
    if b"changes" in body:
        assert isinstance(await WhatsAppChannel().parse(kept.arrival, account), Nothing)
    else:
        with pytest.raises(Unreadable):
            await WhatsAppChannel().parse(kept.arrival, account)


@pytest.mark.parametrize(
    ("given", "alarmed"),
    [("sha256=" + "0" * 64, True), ("sha1=abc", True), ("ünïcode", True), (None, False)],
)
async def test_what_meta_did_not_sign_is_refused(account: Account, given: str | None, alarmed: bool) -> None:
    headers = {"x-hub-signature-256": given} if given is not None else {}
    answer = await WhatsAppChannel().webhook(Call(method="POST", url="", headers=headers, body=b"{}"), [account])
    assert (answer.status, answer.deliveries) == (403, ())
    assert bool(answer.alarm) is alarmed


async def test_an_empty_secret_opens_nothing(account: Account) -> None:
    bare = msgspec.structs.replace(account.settings, app_secret="", verify_token="")
    account = msgspec.structs.replace(account, settings=bare)
    headers = {"x-hub-signature-256": signature("", b"{}")}
    channel = WhatsAppChannel()
    assert (await channel.webhook(Call(method="POST", url="", headers=headers, body=b"{}"), [account])).status == 403
    query = (("hub.mode", "subscribe"), ("hub.verify_token", ""), ("hub.challenge", "1"))
    assert (await channel.webhook(Call(method="GET", url="", query=query), [account])).status == 403


async def test_a_message_without_sender_is_kept_for_the_admin(meta: Meta, account: Account) -> None:
    piece = {"kind": "message", "field": "messages", "body": {"id": "wamid.1", "type": "text", "text": {"body": "x"}}}
    with pytest.raises(Unreadable):
        await WhatsAppChannel().parse(Arrival(external_id="m", raw=msgspec.json.encode(piece)), account)

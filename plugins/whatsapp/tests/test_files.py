"""Files are fetched in two steps, and believed in none."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from polydesk import TryLater
from polydesk.testing.meta import Meta, User
from polydesk.types import (
    Account,
)

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


PDF = b"%PDF-1.7 " + bytes(40)


async def test_files_are_fetched_in_two_steps_and_checked(meta: Meta, nino: User, read: Any) -> None:
    await meta.whatsapp.file(nino, "image", PNG, "image/png", caption="broken")
    await meta.whatsapp.file(nino, "document", PDF, "application/pdf", filename="invoice.pdf")
    await meta.whatsapp.file(nino, "audio", b"OggS" + bytes(30), "audio/ogg; codecs=opus", voice=True)
    await meta.whatsapp.file(nino, "sticker", b"RIFF0000WEBP" + bytes(30), "image/webp")
    image, document, voice, sticker = await read()
    assert image.text == "broken"
    assert (image.attachments[0].name, image.attachments[0].data) == ("image.png", PNG)
    assert (document.attachments[0].name, document.attachments[0].media_type) == ("invoice.pdf", "application/pdf")
    assert voice.attachments[0].name == "audio.ogg"
    assert sticker.attachments[0].inline
    assert all(each.notices == () for each in (image, document, voice, sticker))


async def test_a_file_that_lies_about_itself_is_named(meta: Meta, nino: User, read: Any) -> None:
    await meta.whatsapp.file(nino, "image", b"MZ" + bytes(60), "image/jpeg")
    await meta.whatsapp.file(nino, "document", b"<html><script>alert(1)</script>", "application/pdf", filename="a.pdf")
    program, page = await read()
    assert program.attachments[0].media_type == "application/vnd.microsoft.portable-executable"
    assert "image/jpeg" in str(program.notices[0])
    assert page.attachments[0].media_type == "text/html"


async def test_a_file_that_cannot_be_had_is_waited_for_then_the_message_comes_without(
    meta: Meta, nino: User, account: Account, read: Any
) -> None:
    await meta.whatsapp.file(nino, "image", PNG, "image/png", caption="look")
    told = meta.webhooks.told[-1]
    meta.mood = "down"
    with pytest.raises(TryLater):
        await read(attempt=1)
    meta.webhooks.told.append(told)
    (message,) = await read(attempt=6)
    assert message.text == "look"
    assert message.attachments == ()
    assert "image.png" in str(message.notices[0])


@pytest.mark.parametrize("lie", ["checksum", "expired", "elsewhere"])
async def test_a_file_is_not_believed(meta: Meta, nino: User, read: Any, lie: str) -> None:
    media = meta.whatsapp.shelf.put(PNG, "image/png")
    about = meta.whatsapp.shelf.incoming(media)
    if lie == "checksum":
        media.told_sha256 = base64.b64encode(bytes(32)).decode()
    elif lie == "expired":
        meta.whatsapp.shelf.addresses.clear()
        meta.ahead = 0
        original = meta.shelf.address_of
        meta.shelf.address_of = lambda media, origin: original(media, origin) + "0"  # type: ignore[method-assign]
    else:
        meta.shelf.address_of = lambda media, origin: "http://169.254.169.254/secret"  # type: ignore[method-assign]
    await meta.whatsapp.write(nino, type="image", image=about)
    (message,) = await read(attempt=6)
    assert message.attachments == ()
    assert message.notices


async def test_a_file_too_large_is_said_at_once(meta: Meta, nino: User, read: Any) -> None:
    original = meta.shelf.described
    meta.shelf.described = lambda media, origin: {**original(media, origin), "file_size": "200000000"}  # type: ignore[method-assign]
    await meta.whatsapp.file(nino, "document", PDF, "application/pdf", filename="big.pdf")
    (message,) = await read(attempt=1)
    assert "larger than 100 MB" in str(message.notices[0]).format_map({"most": 100})
    assert meta.shelf.fetched == []

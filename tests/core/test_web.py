"""The web's own promises: headers, forged forms, files, errors in the reader's words."""

from __future__ import annotations

import re

import httpx
import pytest
from tests.board import Board

from polydesk import db, i18n
from polydesk.conversations.screens.attachments import download
from polydesk.testing.fixtures import sign_in
from polydesk.timeline import service as timeline
from polydesk.web import forms, htmx

HTML = {"Accept": "text/html"}


def token_of(page: httpx.Response) -> str:
    """The proof in the page's first form."""
    found = re.search(r'name="_csrf_token" value="([a-z2-7]{52})"', page.text)
    assert found
    return found[1]


async def test_every_answer_carries_the_headers_that_keep_strangers_out(client: httpx.AsyncClient) -> None:
    for path in ("/sign-in", "/inbox", "/nothing", "/events"):
        answer = await client.get(path, headers=HTML)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"


async def test_no_page_has_inline_script_or_style(client: httpx.AsyncClient, board: Board) -> None:
    await sign_in(client, board.owner.id)
    await board.write("bob", "Hi", name="Bob")
    number = (await board.the_conversation()).conversation.id
    for path in ("/inbox", f"/conversations/{number}", "/profile", "/admin", "/admin/accounts/1", "/people/new"):
        page = (await client.get(path, headers=HTML)).text
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son[a-z]+=|hx-on|javascript:", page), path


async def test_a_form_of_another_site_changes_nothing(client: httpx.AsyncClient, board: Board) -> None:
    await sign_in(client, board.owner.id)
    page = await client.get("/profile", headers=HTML)
    form = {"presence": "away", "next": "/profile"}
    assert (await client.post("/presence", data=form, headers=HTML)).status_code == 403
    assert (await client.post("/presence", data={**form, "_csrf_token": "x" * 52}, headers=HTML)).status_code == 403
    good = {**form, "_csrf_token": token_of(page)}
    foreign = {**HTML, "Origin": "https://evil.example"}
    assert (await client.post("/presence", data=good, headers=foreign)).status_code == 403
    assert (await client.post("/presence", data=good, headers=HTML)).status_code == 303


async def test_the_proof_of_one_browser_is_worth_nothing_in_another_or_after_signing_in(
    client: httpx.AsyncClient, board: Board
) -> None:
    before = token_of(await client.get("/sign-in", headers=HTML))
    await sign_in(client, board.owner.id)
    form = {"presence": "away", "_csrf_token": before}
    answer = await client.post("/presence", data=form, headers=HTML)
    assert answer.status_code == 403
    assert "too old" in answer.text


async def test_a_session_chosen_before_signing_in_is_not_kept(client: httpx.AsyncClient, board: Board) -> None:
    client.cookies.set("pd_session", "chosen-by-an-attacker")
    page = await client.get("/sign-in", headers=HTML)
    form = {
        "email": "mara@example.org",
        "password": "a long enough password",
        "_csrf_token": token_of(page),
        "next": "https://evil.example",
    }
    answer = await client.post("/sign-in", data=form, headers=HTML)
    assert answer.headers["location"] == "/inbox"
    cookie = answer.headers["set-cookie"]
    assert "chosen-by-an-attacker" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


async def test_errors_speak_the_readers_language_and_programs_get_a_document(client: httpx.AsyncClient) -> None:
    page = await client.get("/nothing", headers={**HTML, "Accept-Language": "ar"})
    assert page.status_code == 404
    assert 'lang="ar" dir="rtl"' in page.text
    with i18n.using("ar"):
        assert i18n._("Nothing here") in page.text
    document = await client.get("/nothing")
    assert document.headers["content-type"].startswith("application/problem+json")
    assert document.json()["status"] == 404


async def test_our_files_are_kept_for_ever_under_addresses_that_change(client: httpx.AsyncClient) -> None:
    page = await client.get("/setup", headers=HTML)
    address = re.search(r'href="(/static/[0-9a-f]{12}/t/default/app\.css)"', page.text)
    assert address
    sheet = await client.get(address[1])
    assert "immutable" in sheet.headers["cache-control"]
    assert sheet.headers["content-type"].startswith("text/css")
    assert (await client.get("/static/x/../../settings.py")).status_code == 404
    assert (await client.get("/static/x/%2e%2e/settings.py")).status_code == 404


async def test_htmx_gets_only_the_part_it_asked_for(client: httpx.AsyncClient, board: Board) -> None:
    await sign_in(client, board.owner.id)
    headers = {**HTML, "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "section#list"}
    part = await client.get("/inbox?view=all", headers=headers)
    assert part.text.lstrip().startswith("<section")
    assert "<html" not in part.text


async def test_a_stranger_is_sent_to_sign_in_and_back(client: httpx.AsyncClient, board: Board) -> None:
    answer = await client.get("/contacts?q=a", headers=HTML)
    assert answer.headers["location"] == "/sign-in?next=%2Fcontacts%3Fq%3Da"
    assert (await client.get("/contacts")).status_code == 401


async def test_a_plugins_page_is_there_only_where_the_plugin_is_on(client: httpx.AsyncClient, board: Board) -> None:
    from polydesk.admin import service as admin

    await sign_in(client, board.owner.id)
    assert (await client.get("/p/stranger/hello")).text == "Hello from a stranger"
    await admin.switch_plugin(board.owner, "stranger", False)
    assert (await client.get("/p/stranger/hello")).status_code == 404
    assert "/p/stranger/hello" not in (await client.get("/contacts", headers=HTML)).text


async def test_a_slot_that_breaks_is_left_out_and_said(client: httpx.AsyncClient, board: Board) -> None:
    from polydesk_stranger import plugin as stranger

    await sign_in(client, board.owner.id)
    await board.write("bob", "Hi", name="Bob")
    number = (await board.the_conversation()).conversation.id
    assert "Hello from the sidebar" in (await client.get(f"/conversations/{number}", headers=HTML)).text
    stranger.ANSWERS["slot_raises"] = True
    page = await client.get(f"/conversations/{number}", headers=HTML)
    assert page.status_code == 200
    assert "Hello from the sidebar" not in page.text
    assert "the slot broke" in (await client.get("/admin/plugins", headers=HTML)).text


async def test_a_plugin_says_how_its_items_read_and_one_it_cannot_tell_keeps_its_label(
    client: httpx.AsyncClient, board: Board
) -> None:
    await sign_in(client, board.owner.id)
    await board.write("bob", "Hi", name="Bob")
    opened = await board.the_conversation()
    for data in ({"what": "a drum"}, {}):
        async with db.transaction():
            await timeline.append(
                "stranger.order",
                client=opened.conversation.client,
                contact=opened.contact.id,
                conversation=opened.conversation.id,
                text="as it was",
                data=data,
            )
    page = await client.get(f"/conversations/{opened.conversation.id}", headers=HTML)
    assert "Ordered a drum" in page.text
    assert '<a href="/p/stranger/hello">Look</a>' in page.text
    assert "Order: as it was" in page.text


async def test_a_plugins_bar_stands_above_every_screen(client: httpx.AsyncClient, board: Board) -> None:
    from polydesk_stranger import plugin as stranger

    await sign_in(client, board.owner.id)
    assert "A bar for" not in (await client.get("/contacts", headers=HTML)).text
    stranger.ANSWERS["bar"] = True
    for path in ("/contacts", "/inbox", "/admin"):
        assert f"A bar for {board.owner.name}" in (await client.get(path, headers=HTML)).text


def test_only_real_pictures_may_be_looked_at() -> None:
    page = b"<html><script>alert(1)</script>"
    for media_type in ("text/html", "image/svg+xml", "image/png", "application/pdf"):
        answer = download(page, 'a"b\r\nX: y.html', media_type)
        assert answer.media_type == "application/octet-stream"
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment")
        assert "\r" not in disposition
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert download(b"\x89PNG\r\n\x1a\n", "a.png", "image/png").headers["Content-Disposition"].startswith("inline")


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "/\t/evil.example",
        "/\r/evil.example",
        "https://evil.example",
        "javascript:x",
        "evil",
        "/\x7f/",
        "",
    ],
)
def test_nobody_is_led_to_another_site(path: str) -> None:
    assert htmx.here(path) == "/inbox"
    assert htmx.here("/people?a=1#x") == "/people?a=1#x"


@pytest.mark.parametrize("text", ["", "abc", "²", "--5", "1e3", " 1", "9223372036854775808", "1" * 30])
def test_what_is_no_whole_number_of_64_bits_is_none(text: str) -> None:
    assert forms.whole(text) is None
    assert forms.whole("-12") == -12


async def test_a_number_that_no_row_can_have_is_not_found(client: httpx.AsyncClient, board: Board) -> None:
    await sign_in(client, board.owner.id)
    for path in ("/conversations/99999999999999999999", "/contacts/99999999999999999999", "/attachments/9" + "9" * 30):
        assert (await client.get(path, headers=HTML)).status_code == 404

"""What a client or market wears: colours, templates and a logo, of a plugin that may be switched off."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest
from msgspec import structs
from tests.board import Board

from polydesk import db, live, plugins, themes
from polydesk.scopes import service as scopes
from polydesk.scopes import switching
from polydesk.scopes.switches import Cell
from polydesk.testing.fixtures import browsing, sign_in
from polydesk.types import Scope


async def wear(theme: str, client: int) -> None:
    async with db.transaction():
        await db.fetch("UPDATE pd_client SET theme = {} WHERE id = {}", theme, client)
        live.signal(0, "scopes")


async def sheet(browser: httpx.AsyncClient, page: str) -> str:
    found = re.search(r'rel="stylesheet" href="([^"]+app\.css)"', page)
    assert found is not None
    return (await browser.get(found[1])).text


async def test_the_people_of_a_client_wear_its_theme(board: Board, client: httpx.AsyncClient) -> None:
    await sign_in(client, board.owner.id)
    page = (await client.get("/people")).text
    assert "#f6f5f2" in await sheet(client, page)
    await wear("contrast", board.owner.clients[0])
    page = (await client.get("/people")).text
    worn = await sheet(client, page)
    # What it is based on comes first, so that its own wins.
    assert 0 < worn.index("#f6f5f2") < worn.index("#7fe9d9")


async def test_a_stranger_replaces_templates_of_core_and_of_a_plugin(board: Board, client: httpx.AsyncClient) -> None:
    await sign_in(client, board.owner.id)
    await wear("stranger", board.owner.clients[0])
    page = (await client.get("/people")).text
    assert "Crew" in page
    assert "Who works at this desk" in page
    assert "<title>Trees · " in (await client.get("/p/menus/")).text
    logo = re.search(r'<img class="mark" src="([^"]+)"', page)
    assert logo is not None
    assert "#5b21b6" in (await client.get(logo[1])).text
    await wear("", board.owner.clients[0])
    page = (await client.get("/people")).text
    assert "Crew" not in page
    assert '<img class="mark"' not in page


async def test_a_theme_that_is_off_or_gone_is_not_worn(board: Board, client: httpx.AsyncClient) -> None:
    company = board.owner.clients[0]
    await wear("stranger", company)
    assert await themes.worn_at(Scope(company)) == "stranger"
    await switching.change({Cell("stranger", company, None): False}, board.owner.id)
    assert await themes.worn_at(Scope(company)) == "default"
    await switching.change({Cell("themes", company, None): False}, board.owner.id)
    assert await themes.worn_at(Scope(company)) == ""
    await wear("no such thing", company)
    await sign_in(client, board.owner.id)
    page = await client.get("/people")
    assert page.status_code == 200
    plain = await sheet(client, page.text)
    assert "Canvas" in plain
    assert "#f6f5f2" not in plain


async def test_who_works_for_differently_dressed_clients_sees_the_usual_one(board: Board) -> None:
    company = board.owner.clients[0]
    other = await scopes.create_client("Another", languages=("en",))
    await wear("contrast", company)
    assert await themes.worn_by(iter([Scope(company)])) == "contrast"
    assert await themes.worn_by(iter([Scope(company), Scope(other)])) == "default"
    await wear("contrast", other)
    assert await themes.worn_by(iter([Scope(company), Scope(other)])) == "contrast"


async def test_a_theme_that_breaks_a_template_is_named_and_the_desk_stays(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "templates"
    (broken / "parts").mkdir(parents=True)
    (broken / "parts" / "ui.html").write_text("{% macro broken( %}")
    (broken / "desk.html").write_text("{{ nothing.of.the.kind }}")
    theme = themes.installed()["stranger"]
    found = plugins.registry().contributions["polydesk_themes"]
    monkeypatch.setitem(
        plugins.registry().contributions,
        "polydesk_themes",
        [(plugin, structs.replace(each, folder=tmp_path) if each is theme else each) for plugin, each in found],
    )
    await wear("stranger", board.owner.clients[0])
    async with browsing(board.desk.settings) as client:
        await sign_in(client, board.owner.id)
        for _again in range(6):
            page = await client.get("/people")
            assert page.status_code == 200
            assert "Who works at this desk" in page.text
        assert (await client.get("/nowhere", headers={"accept": "text/html"})).status_code == 404
    failures = {failure.plugin: failure for failure in await plugins.recorded()}
    assert failures["stranger"].hook == "theme stranger"
    assert set(failures) == {"stranger"}


PAIRS = {
    "default": (4.5, ("ink", "ink-2", "ink-3"), ("canvas", "surface", "raised")),
    "contrast": (7.0, ("ink", "ink-2", "ink-3", "accent-ink"), ("canvas", "surface", "raised", "sunken", "hover")),
}
SOFT = ("note", "danger", "good", "warn")


@pytest.mark.parametrize("theme", PAIRS)
@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_its_inks_can_be_read(board: Board, theme: str, scheme: int) -> None:
    least, inks, grounds = PAIRS[theme]
    css = (Path(themes.chain(theme)[0].folder) / "theme.css").read_text()
    colours = {
        name: _luminance(pair[scheme])
        for name, *pair in re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\)", css)
    }
    pairs = [(ink, ground) for ink in inks for ground in grounds]
    pairs += [(f"{kind}-ink", kind if kind == "note" else f"{kind}-soft") for kind in SOFT]
    pairs += [("on-accent", "accent"), ("toast-ink", "toast"), ("avatar-ink", "avatar")]
    weak = [pair for pair in pairs if _contrast(colours[pair[0]], colours[pair[1]]) < least]
    assert weak == []


def _luminance(colour: str) -> float:
    """WCAG 2.2, relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)

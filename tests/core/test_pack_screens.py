"""Packs on the screen and on the command line."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from tests.board import Board
from tests.core.test_command_line import polydesk

from polydesk import db
from polydesk.packs import carrying, service
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.testing.fixtures import sign_in

from .packing import furnished


async def test_the_screen_shows_what_would_change_before_it_does(client: httpx.AsyncClient, board: Board) -> None:
    _ours, market = await furnished(board)
    await sign_in(client, board.owner.id)
    address = f"/admin/markets/{market.market}/pack"
    page = await client.get(address)
    assert page.status_code == 200, page.text
    token = page.text.partition('name="_csrf_token" value="')[2][:52]
    download = await client.get(f"{address}/download")
    given = carrying.unzipped(download.content)
    given["core.place/place.yaml"] = b"key: place\nvalues: {name: France, sender: From the pack}"
    raw = carrying.zipped({path: data.decode() for path, data in given.items()})
    shown = await client.post(address, data={"_csrf_token": token}, files={"pack": ("pack.zip", raw)})
    assert shown.status_code == 200, shown.text
    assert "From the pack" in shown.text
    assert (await scopes.place(market)).sender == ""
    done = await client.post(f"{address}/apply", data={"_csrf_token": token, **_carried(shown.text)})
    assert done.status_code == 303, done.text
    assert (await scopes.place(market)).sender == "From the pack"
    change = (await service.history(board.owner, market))[0].id
    assert "taken back" not in (await client.get(address)).text
    undone = await client.post(f"/admin/packs/{change}/rollback", data={"_csrf_token": token})
    assert undone.status_code == 303
    assert (await scopes.place(market)).sender == ""
    broken = await client.post(address, data={"_csrf_token": token}, files={"pack": ("pack.zip", b"nonsense")})
    assert broken.status_code == 422


def _carried(page: str) -> dict[str, str]:
    """The hidden fields with which a look becomes an application."""
    return dict(re.findall(r'type="hidden" name="(kept|seen|removes)" value="([^"]+)"', page))


async def test_what_would_change_by_now_is_shown_before_it_does(client: httpx.AsyncClient, board: Board) -> None:
    _ours, market = await furnished(board)
    await sign_in(client, board.owner.id)
    address = f"/admin/markets/{market.market}/pack"
    token = (await client.get(address)).text.partition('name="_csrf_token" value="')[2][:52]
    raw = (await client.get(f"{address}/download")).content
    looked = await client.post(address, data={"_csrf_token": token, "removes": "on"}, files={"pack": ("pack.zip", raw)})
    assert "All of it is so already" in looked.text
    await queues.save_queue(board.owner, client=market.client or 0, market=market.market, name="Meanwhile")
    again = await client.post(f"{address}/apply", data={"_csrf_token": token, **_carried(looked.text)})
    assert again.status_code == 409
    assert "was changed meanwhile" in again.text
    assert "Meanwhile" in again.text
    assert "Meanwhile" in {queue.name for queue in await queues.list_queues(board.owner)}
    done = await client.post(f"{address}/apply", data={"_csrf_token": token, **_carried(again.text)})
    assert done.status_code == 303
    assert "Meanwhile" not in {queue.name for queue in await queues.list_queues(board.owner)}


async def test_the_command_line_exports_compares_applies_and_takes_back(board: Board, tmp_path: Path) -> None:
    _client, _market = await furnished(board)
    settings, folder = board.desk.settings, tmp_path / "pack"
    code, said = await polydesk(settings, "pack", "export", "parcel-post/fr", str(folder))
    assert code == 0, said
    place = folder / "core.place" / "place.yaml"
    place.write_text(place.read_text() + "  sender: PP France\n")
    for words in (("diff",), ("apply", "--dry-run")):
        code, said = await polydesk(settings, "pack", words[0], "parcel-post/fr", str(folder), *words[1:])
        assert (code, "sender: - → PP France" in said) == (0, True), said
    code, said = await polydesk(settings, "pack", "apply", "parcel-post/fr", str(folder))
    number = re.search(r"rollback (\d+)", said)
    assert number, said
    assert "PP France" in str(await db.fetch("SELECT sender FROM pd_market"))
    code, said = await polydesk(settings, "pack", "list", "parcel-post")
    assert "France (1) by command line" in said
    code, said = await polydesk(settings, "pack", "rollback", number[1])
    assert code == 0, said
    assert "PP France" not in str(await db.fetch("SELECT sender FROM pd_market"))
    place.write_text("key: place\nvalues: {time_zone: Mars/Base}\n")
    code, said = await polydesk(settings, "pack", "apply", "parcel-post/fr", str(folder))
    assert (code, "core.place/place.yaml: time_zone: " in said) == (1, True)

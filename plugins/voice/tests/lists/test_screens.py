"""Files taken step by step, and every screen of lists."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from polydesk import db
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import sign_in
from polydesk.types import Scope
from polydesk_voice import places
from polydesk_voice import plugin as voice
from polydesk_voice.lists import importing, never, service

from .conftest import BOB, EVE, IDA, Dialler

CSV = (
    "Customer;Mobile;Plan;Renewal\r\n"
    "Ida Wolf;+995 555 000 111;Gold;2026-12-01\r\n"
    "Bob Stone;00995555000222;Silver;2026-12-03\r\n"
    "Ida again;995555000111;Gold;\r\n"
    "Said no;+995555000333;;\r\n"
    "Broken;9.95555E+11;;\r\n"
    "=HYPERLINK(1);+995555000444;Gold;\r\n"
).encode("utf-8-sig")


class Browser:
    """A browser signed in, with the token of the page it is on."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client, self.token = client, ""

    async def get(self, path: str) -> str:
        page = await self.client.get(path)
        assert page.status_code == 200, (path, page.status_code, page.text[:2000])
        found = re.search(r'name="_csrf_token" value="([^"]+)"', page.text)
        self.token = found[1] if found else self.token
        return page.text

    async def post(self, path: str, files: dict[str, tuple[str, bytes]] | None = None, **data: str) -> httpx.Response:
        return await self.client.post(path, data={"_csrf_token": self.token, **data}, files=files)


@pytest.fixture
async def browser(client: httpx.AsyncClient, dialler: Dialler) -> Browser:
    await sign_in(client, dialler.owner.id)
    await places.keep(Scope(dialler.client), dial_from="00:00", dial_until="24:00", dial_days="mon-sun")
    return Browser(client)


async def test_a_file_is_mapped_tried_and_taken(browser: Browser, dialler: Dialler) -> None:
    it = await dialler.make()
    async with db.transaction():
        await never.add(dialler.client, [EVE], "asked us to stop", dialler.owner.id)
    here = f"/p/voice/lists/{it.id}"
    assert "Nobody is on it yet" in await browser.get(here)
    await browser.get(f"{here}/import")
    refused = await browser.post(f"{here}/import", files={"file": ("x.xlsx", b"PK\x03\x04")})
    assert refused.status_code == 422
    assert "no CSV file" in refused.text
    sent = await browser.post(f"{here}/import", files={"file": ("renewals.csv", CSV)})
    file = sent.headers["location"]
    page = await browser.get(file)
    assert re.search(r'<option value="phone" selected>', page)
    assert "Ida Wolf" in page
    await browser.post(
        file, do="try", headings="on", region="GE", **{"role-0": "name", "role-1": "ignore", "role-2": "fact"}
    )
    assert "Say which column" in (await browser.post(file, do="try", **{"role-0": "name"})).text
    columns = {"role-0": "name", "role-1": "phone", "role-2": "fact", "role-3": "fact"}
    assert (await browser.post(file, do="try", headings="on", region="GE", **columns)).status_code == 303
    assert "hx-get" in await browser.get(file)
    await dialler.desk.work()
    page = await browser.get(file)
    for words in (
        "would be called",
        "The same number as in line 2.",
        "Nobody may call this number.",
        "cut this number",
    ):
        assert words in page
    assert await db.fetch("SELECT id FROM voice_list_entry") == []
    report = (await importing.get(dialler.owner, it.id, int(file.rpartition("/")[2]))).report
    assert (report.good, report.duplicate, report.never, report.bad) == (3, 1, 1, 1)
    problems = (await browser.client.get(f"{file}/problems.csv")).text
    assert "9.95555E+11" in problems
    await browser.post(file, do="take")
    assert (await browser.post(file, do="take")).status_code == 422
    await dialler.desk.work()
    rows = await db.fetch("SELECT name, phone, facts, time_zones FROM voice_list_entry ORDER BY id")
    assert [(row["name"], row["phone"]) for row in rows] == [
        ("Ida Wolf", IDA),
        ("Bob Stone", BOB),
        ("=HYPERLINK(1)", "+995555000444"),
    ]
    assert rows[0]["facts"] == '{"Plan":"Gold","Renewal":"2026-12-01"}'
    assert rows[0]["time_zones"] == "Asia/Tbilisi"
    assert "3 people are on the list" in await browser.get(file)
    page = await browser.get(here)
    assert "Bob Stone" in page
    sheet = (await browser.client.get(f"{here}/people.csv")).text
    assert "'=HYPERLINK(1)" in sheet
    assert "Gold" in sheet
    # The same file once more: nobody is there twice.
    again = await browser.post(f"{here}/import", files={"file": ("renewals.csv", CSV)})
    await browser.post(again.headers["location"], do="try", headings="on", region="GE", **columns)
    await dialler.desk.work()
    assert "This number is on the list already." in await browser.get(again.headers["location"])


async def test_a_file_read_the_wrong_way_is_read_again(browser: Browser, dialler: Dialler) -> None:
    it = await dialler.make()
    await browser.get(f"/p/voice/lists/{it.id}/import")
    text = "имя;телефон\nАнна;+995555000111\n".encode("cp1251")
    file = (await browser.post(f"/p/voice/lists/{it.id}/import", files={"file": ("a.csv", text)})).headers["location"]
    assert "Анна" not in await browser.get(file)
    await browser.post(file, do="read", encoding="cp1251", delimiter=";")
    assert "Анна" in await browser.get(file)


async def test_taking_goes_on_where_it_was_stopped(dialler: Dialler, monkeypatch: pytest.MonkeyPatch) -> None:
    it = await dialler.make()
    lines = "".join(f"Person {n},+99555510{n:04}\n" for n in range(1000))
    number = await importing.begin(dialler.owner, it.id, "many.csv", f"name,phone\n{lines}".encode())
    mapping = (await importing.get(dialler.owner, it.id, number)).mapping
    assert mapping is not None
    await importing.try_out(dialler.owner, it.id, number, mapping)
    await dialler.desk.work()
    await importing.take(dialler.owner, it.id, number)
    insert = importing._insert
    parts: list[int] = []

    async def once(target: service.DialList, some: list[importing.Line]) -> None:
        parts.append(len(some))
        if len(parts) == 2:
            raise RuntimeError("the machine was switched off")
        await insert(target, some)

    monkeypatch.setattr(importing, "_insert", once)
    await dialler.desk.work()
    assert (await importing.get(dialler.owner, it.id, number)).done == 400
    await dialler.desk.work(ahead=30)
    done = await importing.get(dialler.owner, it.id, number)
    assert (done.state, done.done) == ("taken", 1000)
    assert parts == [400, 400, 400, 200]
    assert (await db.fetch("SELECT COUNT(*) AS n FROM voice_list_entry"))[0]["n"] == 1000


async def test_people_known_already_are_known(dialler: Dialler) -> None:
    await dialler.office.rings(IDA)
    contact = (await dialler.office.call())["contact"]
    it = await dialler.make()
    number = await importing.begin(dialler.owner, it.id, "a.csv", f"name,phone\nIda,{IDA}\nBob,{BOB}\n".encode())
    mapping = (await importing.get(dialler.owner, it.id, number)).mapping
    assert mapping is not None
    for step in (
        importing.try_out(dialler.owner, it.id, number, mapping),
        importing.take(dialler.owner, it.id, number),
    ):
        await step
        await dialler.desk.work()
    rows = await db.fetch("SELECT phone, contact FROM voice_list_entry ORDER BY id")
    assert [(row["phone"], row["contact"]) for row in rows] == [(IDA, contact), (BOB, None)]


async def test_a_list_is_made_changed_started_and_rests(browser: Browser, dialler: Dialler) -> None:
    page = await browser.get("/p/voice/lists/new")
    assert "Hotline" in page
    fields = {
        "name": "Renewals", "queue": str(dialler.office.queue), "account": str(dialler.office.account.id),
        "pacing": "preview", "attempts": "4", "wait_busy": "15", "wait_no_answer": "60", "wait_machine": "60",
        "wait_failed": "60", "wait_again": "600", "result-0": "Renewed", "effect-0": "success",
        "result-1": "Renewed", "effect-1": "never", "result-2": "Later", "effect-2": "callback", "effect-3": "x",
    }  # fmt: skip
    wrong = await browser.post("/p/voice/lists/new", **{**fields, "attempts": "99", "name": ""})
    assert wrong.status_code == 422
    made = await browser.post("/p/voice/lists/new", **fields)
    number = int(made.headers["location"].split("/")[4])
    it = await service.get(dialler.owner, number)
    assert (it.settings.attempts, [each.label for each in it.settings.results]) == (4, ["Renewed", "Later"])
    here = f"/p/voice/lists/{number}"
    nobody = await browser.post(f"{here}/state", state="running")
    assert nobody.status_code == 303
    assert (await service.get(dialler.owner, number)).state == "draft"
    await dialler.add(number, IDA)
    await browser.post(f"{here}/state", state="running")
    assert (await service.get(dialler.owner, number)).state == "running"
    await browser.get(f"{here}/settings")
    await browser.post(f"{here}/settings", **{**fields, "name": "Renewals 2"})
    await browser.post(f"{here}/state", state="paused")
    it = await service.get(dialler.owner, number)
    assert (it.name, it.state) == ("Renewals 2", "paused")
    assert "Renewals 2" in await browser.get("/p/voice/lists")


async def test_an_agent_sees_calls_and_skips(browser: Browser, dialler: Dialler) -> None:
    it = await dialler.make()
    for phone in (IDA, BOB):
        await dialler.add(it.id, phone, due_at=datetime.now(UTC) - timedelta(minutes=1), name=f"Person {phone[-3:]}")
    await service.set_state(dialler.owner, it.id, "running")
    await sign_in(browser.client, dialler.agent.id)
    here = f"/p/voice/lists/{it.id}/work"
    assert "Work on it" in await browser.get("/p/voice/lists")
    page = await browser.get(here)
    assert "Person 111" in page
    assert "Gold" in page
    assert (await browser.client.get(f"/p/voice/lists/{it.id}/settings")).status_code == 403
    entry = (await dialler.entry(IDA))["id"]
    empty = await browser.post(here, do="skip", entry=str(entry), reason="")
    assert empty.status_code == 422
    await browser.post(here, do="skip", entry=str(entry), reason="Wrong time for them")
    page = await browser.get(here)
    assert "Person 222" in page
    answer = await browser.post(here, do="call", entry=str((await dialler.entry(BOB))["id"]))
    assert answer.status_code == 303, answer.text
    await dialler.desk.work()
    page = await browser.get(here)
    assert "Being called" in page
    assert (await dialler.entry(BOB))["state"] == "calling"
    await browser.post(here, do="stop")


async def test_only_agents_of_the_queue_work_on_it(browser: Browser, dialler: Dialler) -> None:
    it = await dialler.make(IDA)
    closed = await queues.save_queue(
        dialler.owner, client=dialler.client, market=None, name="Closed shop", members=(dialler.owner.id,)
    )
    await db.fetch("UPDATE voice_list SET queue = {}", closed)
    await sign_in(browser.client, dialler.agent.id)
    for path in ("", "/work", "/people.csv", "/import"):
        assert (await browser.client.get(f"/p/voice/lists/{it.id}{path}")).status_code in (403, 404), path
    assert "Subscriptions that end" not in await browser.get("/p/voice/lists")
    assert await coming_to_nobody(it)


async def coming_to_nobody(it: service.DialList) -> bool:
    return (await db.fetch("SELECT held_by FROM voice_list_entry"))[0]["held_by"] is None


async def test_another_client_sees_and_changes_nothing(browser: Browser, dialler: Dialler) -> None:
    it = await dialler.make(IDA)
    number = await importing.begin(dialler.owner, it.id, "a.csv", f"name,phone\nIda,{EVE}\n".encode())
    async with db.transaction():
        await never.add(dialler.client, [BOB], "", None)
    rival = await scopes.create_client("Rival", languages=("en",))
    staff.forget_viewers()
    owner = await staff.viewer_by_id(dialler.owner.id)
    await people.invite(owner, name="Rita", email="rita@rival.example", client=rival, market=None, role="admin")
    rita = (await db.fetch("SELECT id FROM pd_person WHERE email = 'rita@rival.example'"))[0]["id"]
    await db.fetch("UPDATE pd_person SET active = {} WHERE id = {}", True, rita)
    await sign_in(browser.client, rita)
    assert "Subscriptions that end" not in await browser.get("/p/voice/lists")
    await browser.get("/p/voice/do-not-call")
    here = f"/p/voice/lists/{it.id}"
    for path in (
        "",
        "/work",
        "/settings",
        "/import",
        f"/import/{number}",
        f"/import/{number}/problems.csv",
        "/people.csv",
    ):
        assert (await browser.client.get(here + path)).status_code == 404, path
    for path, data in (
        ("/state", {"state": "paused"}),
        ("/work", {"do": "call", "entry": "1"}),
        ("/settings", {"name": "Mine"}),
        (f"/import/{number}", {"do": "take"}),
    ):
        assert (await browser.post(here + path, **data)).status_code == 404, path
    assert BOB not in await browser.get(f"/p/voice/do-not-call?client={dialler.client}")
    assert (await browser.post("/p/voice/do-not-call", client=str(dialler.client), numbers=IDA)).status_code == 404
    rows = await db.fetch("SELECT id FROM voice_do_not_call")
    assert (await browser.post(f"/p/voice/do-not-call/{rows[0]['id']}/remove")).status_code == 404
    assert len(await db.fetch("SELECT id FROM voice_do_not_call")) == 1
    assert (await service.get(dialler.owner, it.id)).state == "running"


async def test_numbers_nobody_may_call_are_kept(browser: Browser, dialler: Dialler) -> None:
    await dialler.make(IDA, BOB)
    assert "Nobody has said no yet" in await browser.get("/p/voice/do-not-call")
    wrong = await browser.post("/p/voice/do-not-call", client=str(dialler.client), numbers="nonsense")
    assert wrong.status_code == 422
    await browser.post(
        "/p/voice/do-not-call",
        client=str(dialler.client),
        numbers=f"{IDA}\nnonsense\n",
        region="GE",
        reason="By letter",
        files={"file": ("no.csv", b"name,phone\nX,555 000 222\n")},
    )
    page = await browser.get("/p/voice/do-not-call")
    for words in (IDA, BOB, "By letter", "Mara Olsen"):
        assert words in page
    states = {row["phone"]: row["state"] for row in await db.fetch("SELECT phone, state FROM voice_list_entry")}
    assert states == {IDA: "never", BOB: "never"}
    assert IDA in await browser.get("/p/voice/do-not-call?q=%2B995555000111")
    assert "It may be called." in await browser.get("/p/voice/do-not-call?q=%2B4930")
    rows = await db.fetch("SELECT id FROM voice_do_not_call WHERE phone = {}", IDA)
    await browser.post(f"/p/voice/do-not-call/{rows[0]['id']}/remove")
    assert not await never.holds(dialler.client, IDA)
    assert (await dialler.entry(IDA))["state"] == "never", "whoever said no is not called by an old list"


async def test_what_lists_hold_of_a_contact_is_given_out_and_erased(dialler: Dialler) -> None:
    await dialler.office.rings(IDA)
    contact = (await dialler.office.call())["contact"]
    it = await dialler.make()
    await dialler.add(it.id, IDA, contact=contact, name="Ida Wolf")
    (held,) = [each for each in voice.polydesk_personal_data() if each.name == "dialling lists"]
    (given,) = (await held.export(contact))["dialling lists"]
    assert (given["name"], given["phone"], given["facts"]) == ("Ida Wolf", IDA, {"Plan": "Gold"})
    await held.erase(contact)
    (row,) = await db.fetch("SELECT * FROM voice_list_entry")
    assert (row["name"], row["facts"], row["contact"], row["state"]) == ("", "{}", None, "never")
    assert IDA not in row["phone"]

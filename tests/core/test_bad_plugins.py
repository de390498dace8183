"""Bad plugins do no harm: the desk starts and works, and the admin reads which, why, and what to do."""

from __future__ import annotations

import asyncio
import html
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.board import Board
from tests.core.made_packages import environment, package, serve

from polydesk import db
from polydesk import desk as desks
from polydesk.plugins import known
from polydesk.settings import Settings
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.web.security import SESSION


async def _owner(settings: Settings) -> str:
    """Somebody who owns the desk; their session."""
    async with desks.open(settings, migrate=False):
        person = await people.create_owner(
            name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
        )
        return await staff.start_session(person)


MIGRATION = """
from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from polydesk.db.migrations import run_statements
ID, VERSION, DESCRIPTION = "2026-01-01T00:00:00:000000", "1", "made"

async def forwards():
    manager = MigrationManager(migration_id=ID, app_name="{name}", description=DESCRIPTION)
    async def run():
        await run_statements({statements!r})
    manager.add_raw(run)
    return manager
"""
APP = """
from pathlib import Path
from piccolo.conf.apps import AppConfig
from piccolo.columns import Text
from piccolo.table import Table

class Thing(Table, tablename="{table}"):
    words = Text()

APP_CONFIG = AppConfig(app_name="{name}", migrations_folder_path=Path(__file__).parent / "migrations",
                       table_classes=[Thing])
"""


def _tables(name: str, *statements: str, table: str = "") -> dict[str, str]:
    return {
        "piccolo_app.py": APP.replace("{name}", name).replace("{table}", table or f"{name}_thing"),
        "migrations/__init__.py": "",
        "migrations/0001_tables.py": MIGRATION.format(name=name, statements=statements),
    }


def _install_the_bad(folder: Path) -> dict[str, str]:
    """Many that cannot be used; what the admin reads of each."""
    package(folder, "raises", "raise RuntimeError('no luck today')\n")
    package(folder, "quits", "import sys\nsys.exit(3)\n")
    package(folder, "sleeps", "import time\ntime.sleep(600)\n")
    package(folder, "lacks", "import a_library_nobody_has\n")
    package(folder, "newer", head='from polydesk import PluginInfo, Text\nPLUGIN = PluginInfo(label=Text("Newer"), '
                                  'description=Text(""), requires=">=99")\n')  # fmt: skip
    package(folder, "silent", head="PLUGIN = 'me'\n")
    package(folder, "mute", head="from polydesk import PluginInfo\nPLUGIN = PluginInfo(label=5, description=None)\n")
    package(folder, "signs", "@hookimpl\nasync def polydesk_message_sent(message): ...\n")
    package(folder, "hook", "@hookimpl\nasync def polydesk_no_such_hook(): ...\n")
    package(folder, "broken_syntax", "def (:\n")
    package(folder, "forever", "@hookimpl\ndef polydesk_navigation():\n    while True: pass\n")
    package(folder, "odd", "@hookimpl\ndef polydesk_navigation():\n    return 7\n")
    package(folder, "odder", "from polydesk.types import NavigationEntry\n@hookimpl\ndef polydesk_navigation():\n"
                             "    return [NavigationEntry(label=5, path=None)]\n")  # fmt: skip
    package(folder, "elsewhere", "from litestar import Router\n@hookimpl\ndef polydesk_routers():\n"
                                 "    return [Router('/admin', route_handlers=[])]\n")  # fmt: skip
    package(folder, "unservable", "from litestar import Router, get\n@get('/a')\nasync def one(it) -> str: ...\n"
                                  "@hookimpl\ndef polydesk_routers():\n"
                                  "    return [Router('/p/unservable', route_handlers=[one])]\n")  # fmt: skip
    package(folder, "hungry", "FOOD = bytearray(400_000_000)\nfor at in range(0, len(FOOD), 4096): FOOD[at] = 1\n")
    package(folder, "clashes", files=_tables("clashes", "CREATE TABLE pd_item (id INTEGER)", table="pd_item"))
    package(folder, "bad_sql", files=_tables("bad_sql", "CREATE TABLE bad_sql_thing (words TEXT)", "SELECT no such"))
    home = package(folder, "astray", files={"static/fine.css": ""})
    (home / "static" / "passwd.txt").symlink_to("/etc/passwd")
    package(folder, "pd", distribution="polydesk-greedy")
    package(folder, "twin", distribution="polydesk-twin-one")
    package(folder, "twin", distribution="polydesk-twin-two")
    return {
        "raises": "no luck today", "quits": "SystemExit", "sleeps": "took longer than 6 s",
        "lacks": "a_library_nobody_has", "newer": "&gt;=99", "silent": "has no PLUGIN", "mute": "has no PLUGIN",
        "signs": "no argument", "hook": "polydesk_no_such_hook", "broken_syntax": "SyntaxError",
        "forever": "took longer than 6 s", "odd": "list of NavigationEntry", "odder": "NavigationEntry.label",
        "elsewhere": "must begin with /p/elsewhere", "unservable": "cannot be served", "hungry": "MB of memory",
        "clashes": "must be called clashes_", "bad_sql": "could not be brought up to date",
        "astray": "leads out of its own folder", "twin": "call themselves twin", "pd": "cannot be called pd",
    }  # fmt: skip


async def test_a_desk_full_of_bad_plugins_starts_works_and_says_what_is_wrong(
    test_settings: Settings, tmp_path: Path
) -> None:
    token = await _owner(test_settings)
    folder = tmp_path / "installed"
    wanted = _install_the_bad(folder)
    package(folder, "good", "@hookimpl\nasync def polydesk_queue_entered(queue): ...\n",
            files=_tables("good", "CREATE TABLE good_thing (id INTEGER PRIMARY KEY, words TEXT)"))  # fmt: skip
    async with serve(test_settings, token, folder) as desk:
        assert time.monotonic() - desk.began < 40, "two that hang cost six seconds each, and no more"
        await desk.page("/inbox")
        page = await desk.page("/admin/plugins")
        cards = {part.split('"')[0]: part for part in page.split('aria-labelledby="plugin-')[1:]}
        for name, words in wanted.items():
            card = cards[name].split("</article>")[0]
            assert "Unavailable" in card, name
            assert words in card, (name, card)
            assert "</strong><p>" in card, f"{name}: it says what to do"
        assert "Unavailable" not in cards["good"].split("</article>")[0]
        assert "root:" not in (await desk.browser.get("/static/x/p/astray/passwd.txt")).text
    async with desks.open(test_settings, migrate=False):
        assert await db.fetch("SELECT words FROM good_thing") == []
        existing = await db.fetch("SELECT id FROM pd_item LIMIT 1")
        assert existing == [], "core's table is core's"


LOOK = """
from pathlib import Path
from polydesk.types import Theme

@hookimpl
def polydesk_themes():
    return [Theme(name="stripes", label=Text("Stripes"), folder=Path(__file__).parent)]
"""
MAIL = """
from polydesk_email.channel import EmailChannel

@hookimpl
def polydesk_channels():
    return [EmailChannel()]
"""


async def test_who_was_there_first_keeps_a_name_and_the_newcomer_is_refused(
    test_settings: Settings, tmp_path: Path
) -> None:
    token = await _owner(test_settings)
    folder = tmp_path / "installed"
    package(folder, "zebra", LOOK)
    async with serve(test_settings, token, folder) as desk:
        assert "Unavailable" not in _card(await desk.page("/admin/plugins"), "zebra")
    package(folder, "aardvark", LOOK)
    package(folder, "carrier", MAIL)
    package(folder, "zebra", LOOK, distribution="another-zebra")
    package(folder, "email", MAIL, distribution="an-impostor")
    package(folder, "menus", distribution="a-thief",
            files=_tables("menus", "CREATE TABLE menus_stolen (words TEXT)", table="menus_stolen"))  # fmt: skip
    async with serve(test_settings, token, folder) as desk:
        page = await desk.page("/admin/plugins")
        for name in ("zebra", "email"):
            assert "Unavailable" not in _card(page, name), name
        assert "exists already, in the plugin zebra" in _card(page, "aardvark")
        assert "exists already, in the plugin email" in _card(page, "carrier")
        assert "Unavailable" not in _card(page, "menus")
        for twin in ("zebra@another-zebra", "email@an-impostor", "menus@a-thief"):
            assert "had the name first and keeps it" in _card(page, twin)
    async with desks.open(test_settings, migrate=False):
        with pytest.raises(Exception, match="menus_stolen"):
            await db.fetch("SELECT words FROM menus_stolen")


def _card(page: str, name: str) -> str:
    return page.split(f'aria-labelledby="plugin-{name}"')[1].split("</article>", maxsplit=1)[0]


async def test_what_a_removed_plugin_left_is_told_from_what_others_have(board: Board) -> None:
    now = datetime.now(UTC)
    for name in ("my_notes", "myxnotes"):
        await db.fetch(
            "INSERT INTO pd_plugin_known (plugin, label, distribution, version, tables, last_seen_at) "
            "VALUES ({}, {}, '', '', '[]', {})", name, name, now,
        )  # fmt: skip
        await db.fetch(
            "INSERT INTO pd_job (name, args, state, run_at, token, attempts, every, error, progress_done, "
            "progress_total, created_at) VALUES ({}, '[]', 'waiting', {}, 0, 0, 0, '', 0, 0, {})",
            f"{name}.work", now, now,
        )  # fmt: skip
    assert (await known.forget("my_notes")).jobs == 1
    assert [each.jobs for each in await known.removed()] == [1]


RUINS = """
import time
from litestar import Router, get
from polydesk.types import NavigationEntry, Slot

async def _blocks(scope, context):
    time.sleep(60)

async def _spins(scope, context):
    while True: pass

async def _nonsense(scope, context):
    return 7

@get("/raises")
async def raises() -> str:
    raise RuntimeError("the route broke")

@get("/template")
async def template(request: "Request") -> "Page":
    return await htmx.page(request, "ruins/page.html")

from litestar import Request
from polydesk.web import htmx
from polydesk.web.htmx import Page

@hookimpl
def polydesk_routers():
    return [Router("/p/ruins", route_handlers=[raises, template])]

@hookimpl
def polydesk_slots():
    return [Slot(place="admin.section", template="ruins/slot.html", load=_blocks),
            Slot(place="desk.bar", template="ruins/slot.html", load=_nonsense),
            Slot(place="admin.section", template="ruins/broken.html"),
            Slot(place="admin.section", template="../../../etc/passwd")]
"""


async def test_what_breaks_later_is_named_and_the_desk_goes_on(test_settings: Settings, tmp_path: Path) -> None:
    token = await _owner(test_settings)
    folder = tmp_path / "installed"
    package(folder, "ruins", RUINS, files={
        "templates/ruins/slot.html": "a slot of ruins",
        "templates/ruins/broken.html": "{% if %}",
        "templates/ruins/page.html": "{% for %}",
        "locale/fr/LC_MESSAGES/polydesk_ruins.po": "msgid \"unfinished\nmsgstr \xff",
    })  # fmt: skip
    async with serve(test_settings, token, folder) as desk:
        began = time.monotonic()
        page = await desk.page("/admin")
        assert time.monotonic() - began < 15, "sleep(60) was broken off"
        assert "a slot of ruins" not in page
        for path in ("/p/ruins/raises", "/p/ruins/template"):
            assert (await desk.browser.get(path, headers={"Accept": "text/html"})).status_code == 500
        desk.browser.cookies.clear()
        french = await desk.browser.get("/sign-in", headers={"Accept-Language": "fr", "Accept": "text/html"})
        assert 'lang="fr"' in french.text
        desk.browser.cookies.set(SESSION, token)
        wanted = ("held up the whole desk", "plugin.py:", "the route broke", "must give a dict", "TemplateSyntaxError",
                  "TemplateNotFound")  # fmt: skip
        async with asyncio.timeout(15):
            # Failures are written down beside the answer, not before it.
            while missing := [each for each in wanted if each not in html.unescape(await desk.page("/admin/plugins"))]:
                await asyncio.sleep(0.2)
        assert not missing


async def test_safe_mode_starts_with_the_core_alone(test_settings: Settings, tmp_path: Path) -> None:
    token = await _owner(test_settings)
    folder = tmp_path / "installed"
    package(folder, "kills", "import os\nos._exit(9)\n")
    run = subprocess.run([sys.executable, "-m", "polydesk", "serve"], env=environment(test_settings, folder),
                         capture_output=True, timeout=60, check=False)  # fmt: skip
    assert run.returncode == 9, "nothing helps against that, but for safe mode"
    async with serve(test_settings, token, folder, "--safe-mode") as desk:
        page = await desk.page("/inbox")
        assert "Safe mode" in page
        page = await desk.page("/admin/plugins")
        assert page.count("safe mode") >= 2
        assert (await desk.browser.get("/p/menus", headers={"Accept": "text/html"})).status_code == 404


async def test_a_removed_plugin_keeps_its_data_until_its_owner_asks(test_settings: Settings, tmp_path: Path) -> None:
    token = await _owner(test_settings)
    folder = tmp_path / "installed"
    source = (
        "from polydesk.types import JobKind, Schedule\nasync def work(job): ...\n"
        "@hookimpl\ndef polydesk_jobs():\n    return [JobKind(name='notes.work', handler=work)]\n"
        "@hookimpl\ndef polydesk_schedules():\n    return [Schedule(name='notes.work', job='notes.work', every=3600)]\n"
    )
    package(folder, "notes", source, files=_tables(
        "notes", "CREATE TABLE notes_thing (id INTEGER PRIMARY KEY, words TEXT)",
        "CREATE TABLE notes_other (id INTEGER PRIMARY KEY, thing INTEGER REFERENCES notes_thing (id))",
        "INSERT INTO notes_thing (id, words) VALUES (1, 'kept')",
        "INSERT INTO notes_other (id, thing) VALUES (1, 1)",
    ))  # fmt: skip
    async with serve(test_settings, token, folder) as desk:
        assert "Notes" in await desk.page("/admin/plugins")
    async with serve(test_settings, token) as desk:
        page = await desk.page("/admin/plugins")
        assert "Removed, its data is kept" in page
        assert "2 rows in 2 tables" in " ".join(page.split())
        page = await desk.page("/admin/plugins/removed/notes")
        assert "notes_thing" in page
        await desk.send("/admin/plugins/removed/notes", typed="something else")
        assert "/admin/plugins/removed/notes" in await desk.page("/admin/plugins")
        await desk.send("/admin/plugins/removed/notes", typed="notes")
        assert "/admin/plugins/removed/notes" not in await desk.page("/admin/plugins")
    async with desks.open(test_settings, migrate=False):
        with pytest.raises(Exception, match="notes_thing"):
            await db.fetch("SELECT * FROM notes_thing")
        assert await db.fetch("SELECT id FROM pd_job WHERE name LIKE 'notes.%'") == []
        assert await db.fetch("SELECT id FROM migration WHERE app_name = 'notes'") == []
        (change,) = await db.fetch("SELECT data FROM pd_change WHERE kind = 'plugin.forgotten'")
        assert "notes_thing" in change["data"]

"""What an administrator sees in a terminal: sentences, never tracebacks, and exit codes to rely on."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import msgspec
import pytest

from polydesk import db, desk
from polydesk import settings as configuration
from polydesk.errors import SettingsError
from polydesk.settings import Settings
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.testing.fixtures import TestDesk, free_port, new_database
from polydesk.web.security import SESSION

from .made_packages import package
from .test_migrations import environment


async def polydesk(settings: Settings, *arguments: str, **more: str) -> tuple[int, str]:
    """Run a command to its end; the exit code and all it said."""
    process = await begin(settings, *arguments, **more)
    said, errors = await asyncio.wait_for(process.communicate(), 60)
    text = said.decode() + errors.decode()
    assert "Traceback" not in text, text
    return int(process.returncode or 0), text


async def begin(settings: Settings, *arguments: str, **more: str) -> Process:
    variables = {f"POLYDESK_{name.upper()}": value for name, value in more.items()}
    env = environment(settings) | {"POLYDESK_PORT": str(settings.port)} | variables
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polydesk", *arguments, env=env, stdout=PIPE, stderr=PIPE
    )


@asynccontextmanager
async def serving(settings: Settings, **more: str) -> AsyncIterator[Process]:
    """A served desk, once it says that it is open."""
    process = await begin(settings, "serve", **more)
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), 60)
        assert b"is open on" in line, (line, process.stderr and await process.stderr.read())
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"port": "eighty"}, "POLYDESK_PORT"),
        ({"port": "99999"}, "between 0 and 65535"),
        ({"database_url": "mysql://here"}, "POLYDESK_DATABASE_URL must begin with postgres://"),
        ({"redis_url": "here:6379"}, "POLYDESK_REDIS_URL"),
        ({"secret_key": "short"}, "POLYDESK_SECRET_KEY is too short"),
        ({"databse_url": "x"}, "did you mean POLYDESK_DATABASE_URL"),
        ({"synchronous": "sometimes"}, "POLYDESK_SYNCHRONOUS"),
    ],
)
async def test_a_wrong_setting_is_named_in_one_sentence(
    test_settings: Settings, given: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsError, match=re.escape(told)):
        configuration.load({f"POLYDESK_{name.upper()}": value for name, value in given.items()})


async def test_exit_codes_tell_wrong_usage_from_wrong_configuration_from_failure(test_settings: Settings) -> None:
    assert (await polydesk(test_settings, "serve", port="eighty"))[0] == 78
    assert (await polydesk(test_settings, "sing"))[0] == 2
    code, said = await polydesk(test_settings, "migrate", database_url="postgres://nobody@127.0.0.1:1/none")
    assert code == 1
    assert "POLYDESK_DATABASE_URL" in said


async def test_the_first_owner_can_be_made_and_helped_back_in(test_settings: Settings) -> None:
    code, said = await polydesk(
        test_settings, "owner", "--name", "Mara", "--email", "mara@example.org", "--company", "P"
    )
    assert code == 0, said
    assert re.search(r"Password: \S{16}", said)
    assert (await polydesk(test_settings, "owner", "--name", "X"))[0] == 1
    for flag, place in (("--link", "/sign-in/link/"), ("--reset", "/invite/")):
        code, said = await polydesk(test_settings, "owner", flag)
        assert code == 0
        assert place in said


async def test_the_doctor_says_what_is_wrong_and_what_to_do(test_settings: Settings) -> None:
    code, said = await polydesk(test_settings, "doctor", secret_key="")
    assert code == 0, said
    assert "fail" not in said
    loose = test_settings.data_dir / "secret.key"
    loose.write_text("x" * 64)
    loose.chmod(0o644)
    code, said = await polydesk(test_settings, "doctor", secret_key="")
    assert code == 1
    assert f"chmod 600 {loose.resolve()}" in said or f"chmod 600 {loose}" in said


async def test_serving_answers_and_stops_at_once_though_a_stream_is_open(test_settings: Settings) -> None:
    async with desk.open(test_settings):
        person = await people.create_owner(name="Mara", email="mara@example.org", password="a long enough password")
        token = await staff.start_session(person)
    cookies = {SESSION: token}
    async with (
        serving(test_settings) as process,
        httpx.AsyncClient(base_url=test_settings.address, cookies=cookies) as browser,
    ):
        assert (await browser.get("/inbox")).status_code == 200
        async with browser.stream("GET", "/events") as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 8) == 0


async def test_a_taken_port_and_a_taken_directory_are_told_as_such(test_settings: Settings) -> None:
    async with serving(test_settings):
        code, said = await polydesk(test_settings, "serve")
        assert code == 1
        assert f"port {test_settings.port}" in said
        if test_settings.embedded:
            code, said = await polydesk(test_settings, "serve", port=str(free_port()))
            assert code == 1
            assert "POLYDESK_REDIS_URL" in said
            assert str(test_settings.data_dir) in said


async def test_work_is_left_to_workers_only_when_there_can_be_some(test_settings: Settings) -> None:
    code, said = await polydesk(test_settings, "serve", "--no-jobs", redis_url="")
    assert code == 78
    assert "POLYDESK_REDIS_URL" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("POLYDESK_DATA_DIR", "/proc/nope"),
        ("POLYDESK_DATABASE_URL", "postgresql://u:pw@h:abc/x"),
        ("POLYDESK_DATABASE_URL", "postgresql://u:pw@[::/x"),
        ("POLYDESK_BASE_URL", "http://[x"),
        ("POLYDESK_LEASE", "nan"),
    ],
)
def test_a_setting_that_cannot_be_is_named_at_once(name: str, value: str, tmp_path: Path) -> None:
    given = {**os.environ, "POLYDESK_DATA_DIR": str(tmp_path / "data"), "POLYDESK_PORT": "0", name: value}
    ended = subprocess.run(
        [sys.executable, "-m", "polydesk", "serve"], env=given, capture_output=True, text=True, timeout=20, check=False
    )
    assert ended.returncode == 78
    assert ended.stderr.startswith(name)
    assert ended.stderr.count("\n") == 1


async def test_what_the_desk_keeps_is_for_its_own_user_alone(desk: TestDesk) -> None:
    assert desk.settings.data_dir.stat().st_mode & 0o077 == 0


async def _listed(settings: Settings, folder: Path, *arguments: str) -> tuple[int, str]:
    return await _run_with(folder, settings, "plugin", *arguments)


async def _run_with(folder: Path, settings: Settings, *arguments: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "polydesk", *arguments,
        env=environment(settings) | {"PYTHONPATH": str(folder)}, stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    said, errors = await asyncio.wait_for(process.communicate(), 60)
    text = said.decode() + errors.decode()
    assert "Traceback" not in text, text
    return int(process.returncode or 0), text


async def test_one_command_lists_plugins_what_is_wrong_with_them_and_where_they_are_on(
    test_settings: Settings, tmp_path: Path
) -> None:
    folder = tmp_path / "installed"
    package(folder, "raises", "raise RuntimeError('no luck today')\n")
    package(folder, "hears", "@hookimpl\nasync def polydesk_queue_entered(queue): ...\n")
    code, said = await _listed(test_settings, folder, "switch", "hears", "off")
    assert code == 0, said
    code, said = await _listed(test_settings, folder, "list", "--hooks")
    assert code == 0, said
    assert re.search(r"^off +hears +1\.0 +Hears +switched here$", said, re.M), said
    assert re.search(r"^on +email +\S+ +Email +as installed$", said, re.M), said
    assert re.search(r"^fail +raises +1\.0\n +RuntimeError: no luck today\n +Update polydesk-raises", said, re.M), said
    assert "polydesk_queue_entered" in said
    _code, said = await _listed(test_settings, folder, "list")
    assert "polydesk_queue_entered" not in said
    _code, said = await polydesk(test_settings, "plugin", "list")
    assert re.search(r"^gone +hears .*\n.*0 rows in 0 tables.*\n +polydesk plugin forget hears$", said, re.M), said


WAVES = """
import click

@click.command("wave")
def wave():
    click.echo("o/")

@hookimpl
def polydesk_commands():
    return [wave]
"""


async def test_a_plugins_commands_are_there_while_it_is_on(test_settings: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "installed"
    package(folder, "waves", WAVES)
    assert await _run_with(folder, test_settings, "waves", "wave") == (0, "o/\n")
    await _listed(test_settings, folder, "switch", "waves", "off")
    code, said = await _run_with(folder, test_settings, "waves", "wave")
    assert code == 1, said
    assert "waves is switched off everywhere (polydesk plugin switch waves on)." in said


async def test_plugins_are_listed_where_there_is_no_database_that_could_be_asked(
    test_settings: Settings, tmp_path: Path
) -> None:
    async with new_database(msgspec.structs.replace(test_settings, data_dir=tmp_path / "none")) as empty:
        code, said = await polydesk(empty, "plugin", "list")
        assert code == 0, said
        assert re.search(r"^ok +email ", said, re.M), said
        assert "Where they are on cannot be told" in said
        assert not (tmp_path / "none").exists(), "asking leaves nothing behind"
        code, said = await polydesk(empty, "plugin", "list", "--for", "acme")
        assert code == 1, said
    # On Postgres the next tests use this database as well.
    async with desk.open(test_settings, migrate=False):
        await db.fetch("UPDATE migration SET app_name = 'elsewhere' WHERE app_name = 'polydesk'")
    try:
        code, said = await polydesk(test_settings, "plugin", "list")
        assert (code, "not up to date" in said) == (0, True), said
    finally:
        async with desk.open(test_settings, migrate=False):
            await db.fetch("UPDATE migration SET app_name = 'polydesk' WHERE app_name = 'elsewhere'")

"""A demo desk comes to life: people write on every make-believe service and answer what an agent says."""

from __future__ import annotations

import asyncio
import contextlib
import re
from random import Random

import msgspec
import pytest

from polydesk import db, hooks, plugins
from polydesk.channels import service as channels
from polydesk.conversations import replying
from polydesk.demo import post_office
from polydesk.simulate import control, world
from polydesk.simulate.scripts import scripts
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk, TestDesk, free_port
from polydesk.types import Account

from .test_command_line import begin, polydesk


def test_the_cast_speaks_thirteen_languages_and_comes_from_three_sides() -> None:
    assert len({script.persona.language for script in scripts()}) == 13
    assert {script.persona.kind for script in scripts()} == {"customer", "courier", "partner"}
    assert len({script.persona.phone for script in scripts()}) == len(scripts())


async def test_a_newcomer_meets_every_service_and_every_language_within_two_minutes(desk: TestDesk) -> None:
    services = [simulator for _plugin, simulator in plugins.collect(hooks.polydesk_simulators)]
    cast = list(world.cast(services, Random(5)))
    assert {id(simulator) for _script, simulator in cast[: len(services)]} == {id(each) for each in services}
    assert len({script.persona.language for script, _simulator in cast[:13]}) == 13
    assert 13 * 1.5 * world.PAUSE < 120
    met = {(script.persona.key, id(simulator)) for script, simulator in cast}
    assert len(met) == len(cast) == len(scripts()) * len(services)


async def test_a_desk_with_real_work_is_left_alone(live_desk: LiveDesk) -> None:
    with pytest.raises(world.NotADemo):
        await world.run(live_desk.settings)


async def test_people_write_on_every_service_and_answer_an_agent(live_desk: LiveDesk) -> None:
    owner = await _demo(live_desk)
    living = asyncio.create_task(world.run(live_desk.settings, haste=0.1))
    try:
        for channel in {simulator.channel for _plugin, simulator in plugins.collect(hooks.polydesk_simulators)}:
            await live_desk.until("SELECT id FROM pd_conversation WHERE channel = {}", channel, seconds=30)
        await _talk(live_desk, owner)
    finally:
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living
    assert not await db.fetch("SELECT id FROM pd_account WHERE enabled = {}", True), "nothing is fetched any more"


async def test_whatever_is_pressed_when_it_ends_everything_is_closed(live_desk: LiveDesk) -> None:
    if not live_desk.settings.embedded:
        pytest.skip("the simulation is for a desk of one process")
    owner = await _demo(live_desk)
    for opened in (0, 1, 3, 7):
        control.start()
        while len(await db.fetch("SELECT id FROM pd_account WHERE enabled = {}", True)) < opened:
            await asyncio.sleep(0.001)
        accounts = await channels.list_accounts(owner)
        ports = [_port(await channels.load(each.id)) for each in accounts if each.enabled]
        await asyncio.gather(control.stop(), control.stop(), control.stop())
        assert control.state() == "off"
        assert not await db.fetch("SELECT id FROM pd_account WHERE enabled = {}", True)
        for port in filter(None, ports):
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)
    assert not await db.fetch("SELECT id FROM pd_account WHERE trouble <> ''")


async def _demo(desk: LiveDesk) -> Viewer:
    """Make it a desk that counts as a demo; its owner."""
    (desk.settings.data_dir / "demo").mkdir()
    post_office.remember(desk.settings, 1)
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    return await staff.viewer_by_id(person)


def _port(account: Account) -> int:
    """Where its service is, as far as it has a port of its own."""
    given = msgspec.to_builtins(account.settings)
    found = re.search(r":(\d+)", " ".join(str(each) for name, each in given.items() if name.endswith("url")))
    return int(given.get("imap_port") or (found[1] if found else 0))


async def test_an_admins_changes_to_the_account_outlast_the_simulation(live_desk: LiveDesk) -> None:
    if not live_desk.settings.embedded:
        pytest.skip("the simulation is for a desk of one process")
    await _demo(live_desk)
    control.start()
    await live_desk.until("SELECT id FROM pd_account WHERE channel = 'sms'")
    await control.stop()
    await db.fetch("UPDATE pd_account SET name = 'Texts' WHERE channel = 'sms'")
    control.start()
    await live_desk.until("SELECT id FROM pd_account WHERE channel = 'sms' AND enabled")
    await control.stop()
    assert await db.fetch("SELECT id FROM pd_account WHERE name = 'Texts'")


async def test_the_command_brings_people_of_several_services_to_a_fresh_demo(desk: TestDesk) -> None:
    code, said = await polydesk(desk.settings, "demo", redis_url="")
    assert code == 0, said
    (last,) = await db.fetch("SELECT max(id) AS id FROM pd_conversation")
    process = await begin(desk.settings, "simulate", redis_url="", port=str(free_port()))
    telling = asyncio.create_task(process.communicate())
    try:
        await LiveDesk(desk.settings, desk.settings.address).until(
            "SELECT met FROM (SELECT count(DISTINCT channel) AS met FROM pd_conversation WHERE id > {}) AS each "
            "WHERE met >= 3",
            last["id"],
            seconds=90,
        )
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            said_last, errors = await asyncio.wait_for(asyncio.shield(telling), 30)
        except TimeoutError:
            process.kill()
            said_last, errors = await telling
    assert "people begin to write" in said_last.decode()
    assert "Traceback" not in errors.decode(), errors.decode()


async def _talk(desk: LiveDesk, agent: Viewer) -> None:
    """Answer one after the other until one answers back: what is said within an instant passes for a machine's word."""
    spoken_to: set[int] = {0}
    for _ in range(8):
        row = (
            await desk.until(
                "SELECT id, messages FROM pd_conversation WHERE channel <> 'voice' AND NOT asking "
                f"AND id NOT IN ({', '.join(map(str, spoken_to))}) ORDER BY id DESC LIMIT 1"
            )
        )[0]
        conversation, before = int(str(row["id"])), int(str(row["messages"]))
        spoken_to.add(conversation)
        await replying.reply(agent, conversation, "Thank you, we are looking into it.")
        with contextlib.suppress(AssertionError):
            await desk.until(
                "SELECT id FROM pd_conversation WHERE id = {} AND messages >= {} AND awaits_reply",
                conversation, before + 2, seconds=5,
            )  # fmt: skip
            return
    raise AssertionError("nobody answered")

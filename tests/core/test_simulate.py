"""A demo desk comes to life: people write on every make-believe service and answer what an agent says."""

from __future__ import annotations

import asyncio
import contextlib
from random import Random

import pytest

from polydesk import db, hooks, plugins
from polydesk.conversations import replying
from polydesk.demo import post_office
from polydesk.simulate import world
from polydesk.simulate.scripts import scripts
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.testing.fixtures import LiveDesk, TestDesk


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
    (live_desk.settings.data_dir / "demo").mkdir()
    post_office.remember(live_desk.settings, 1)
    person = await people.create_owner(
        name="Mara Olsen", email="mara@example.org", password="a long enough password", company="Parcel Post"
    )
    owner = await staff.viewer_by_id(person)
    living = asyncio.create_task(world.run(live_desk.settings, haste=0.02))
    try:
        for channel in {simulator.channel for _plugin, simulator in plugins.collect(hooks.polydesk_simulators)}:
            await live_desk.until("SELECT id FROM pd_conversation WHERE channel = {}", channel, seconds=30)
        row = (await live_desk.until("SELECT id FROM pd_conversation WHERE channel = 'whatsapp'"))[0]
        # Nobody answers at once: only then is it a person who does.
        await live_desk.until("SELECT id FROM pd_conversation WHERE id = {} AND NOT asking", row["id"])
        await _talk(live_desk, owner, int(str(row["id"])))
    finally:
        living.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await living


async def _talk(desk: LiveDesk, agent: Viewer, conversation: int) -> None:
    """Say something until it is answered: what is said within an instant passes for a machine's greeting."""
    for _ in range(5):
        before = (await db.fetch("SELECT messages FROM pd_conversation WHERE id = {}", conversation))[0]["messages"]
        await replying.reply(agent, conversation, "Thank you, we are looking into it.")
        with contextlib.suppress(AssertionError):
            await desk.until(
                "SELECT id FROM pd_conversation WHERE id = {} AND messages >= {} AND awaits_reply",
                conversation, before + 2, seconds=5,
            )  # fmt: skip
            return
    raise AssertionError("nobody answered")

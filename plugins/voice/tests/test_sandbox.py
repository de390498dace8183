"""A client in the sandbox calls nobody; its queues' ways with calls go along in a pack."""

from __future__ import annotations

from typing import Any

import pytest

from polydesk import Invalid
from polydesk.places import service as places
from polydesk.sandbox import service as sandbox
from polydesk.types import Scope
from polydesk_voice.calls import originate
from polydesk_voice.queueing import pack, settings
from polydesk_voice.queueing.settings import QueueSettings


async def test_no_telephone_rings(office: Any) -> None:
    agent = await office.agent("Ann")
    client = await places.get_client(office.owner, office.account.client)
    await places.change_client(office.owner, client.id, name=client.name, details=client.own, sandbox=True)
    await originate.start(office.account, agent.id, "+995 555 000 333", name="Nino")
    await office.desk.work()
    await office.rings()
    await office.desk.work()
    assert office.provider.dialled == []
    kept = await sandbox.letters(office.owner, client.id)
    assert {letter.channel for letter in kept} == {"voice"}
    assert (await office.call())["state"] != "talking"
    await places.change_client(office.owner, client.id, name=client.name, details=client.own, sandbox=False)


async def test_a_queues_ways_with_calls_go_along_by_name(office: Any) -> None:
    scope = Scope(office.account.client)
    await settings.save(office.queue, QueueSettings(ring_seconds=33, then="queue", then_queue=office.queue))
    said = await pack.read(scope)
    ((name, values),) = said.items()
    assert values == {"ring_seconds": 33, "then": "queue", "then_queue": name}
    await pack.write(scope, name, None, None)
    assert (await settings.of(office.queue)).ring_seconds == 20
    await pack.write(scope, name, values, None)
    assert await pack.read(scope) == said
    for wrong in ({"ring_seconds": 1}, {"speed": 3}, {"then_queue": "Nowhere"}, "fast"):
        with pytest.raises(Invalid):
            await pack.write(scope, name, wrong, None)

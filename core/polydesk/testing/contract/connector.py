"""The contract of a connector (what is known of a contact elsewhere), as tests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any, ClassVar

import msgspec
import pytest

from polydesk import db, plugins
from polydesk.contacts import identify, outside
from polydesk.plugins.calling import BUDGET_SECONDS
from polydesk.staff.access import Viewer
from polydesk.testing.contract.plugin import PluginContract
from polydesk.testing.contract.shapes import Mood
from polydesk.testing.contract.stage import switch
from polydesk.testing.contract.wanting import skip_unless, want
from polydesk.types import Contact, Handle, ItemDraft, Scope

_WHY_QUICK = "a screen waits for it, with everyone who reads it"


class ConnectorContract(PluginContract):
    """Subclass it as `TestMyShop`."""

    known: ClassVar[Handle]
    """Somebody the make-believe service knows."""
    unknown: ClassVar[Handle] = Handle("email", "nobody@nowhere.example")
    """Somebody it does not."""
    attributes: ClassVar[frozenset[str]] = frozenset()
    """Names that must be told of who is known."""
    items: ClassVar[int] = 0
    """How many things happened with who is known."""
    moods: ClassVar[frozenset[Mood]] = frozenset({"down"})

    async def open(self, scope: Scope) -> None:
        """Start the make-believe service and set the plugin up to ask it."""

    async def close(self) -> None:
        """Stop it."""

    async def mood(self, mood: Mood) -> None:
        """How the service answers from now on; "silent" never answers."""

    @pytest.fixture
    async def scope(self, the_plugin: plugins.Plugin, owner: Viewer) -> AsyncIterator[Scope]:
        """A client with the connector set up."""
        here = Scope(owner.clients[0])
        await self.open(here)
        try:
            yield here
        finally:
            await self.close()

    async def test_connectors__tells_of_who_is_known(self, scope: Scope) -> None:
        """Attributes by name, things that happened with their time."""
        contact = await _contact(scope, self.known)
        source = await self.__asked(contact)
        want(
            source is not None and not source.failure,
            "who is known is told of",
            seen=source,
            why="that is what a connector is for",
            clause="connectors",
        )
        assert source is not None
        want(
            self.attributes <= set(source.attributes),
            f"it tells {', '.join(sorted(self.attributes))}",
            why="its author says so",
            seen=source.attributes,
            clause="connectors",
        )
        want(
            len(source.items) == self.items,
            f"it tells of {self.items} things that happened",
            why="its author says so",
            seen=source.items,
            clause="connectors",
        )
        want(
            all(_shown(each) for each in source.attributes.values()),
            "attributes are words, numbers or dates",
            why="they are shown beside their names",
            seen=source.attributes,
            clause="connectors",
        )
        for item in source.items:
            want(
                isinstance(item, ItemDraft) and item.occurred_at.tzinfo and item.text.strip(),
                "an item has words and a time with its zone",
                why="it stands in the timeline",
                seen=item,
                clause="connectors",
            )
            want(
                msgspec.json.encode(item),
                "an item is data",
                why="it is handed to screens",
                seen=item,
                clause="connectors",
            )

    async def test_connectors__says_nothing_of_who_is_unknown(self, scope: Scope) -> None:
        """Nobody's orders are shown with somebody else."""
        source = await self.__asked(await _contact(scope, self.unknown))
        want(
            source is None,
            "of who is unknown nothing is told",
            why="another person's orders are nobody's business",
            seen=source,
            clause="connectors",
        )

    @pytest.mark.parametrize("mood", ["down", "silent", "busy"])
    async def test_connectors__a_service_in_trouble_holds_up_nobody(self, scope: Scope, mood: Mood) -> None:
        """Left out and said, within the time a plugin has."""
        skip_unless(mood in self.moods, f"the make-believe service cannot be {mood!r} (`moods`)")
        contact = await _contact(scope, self.known)
        await self.mood(mood)
        began = time.perf_counter()
        source = await self.__asked(contact)
        spent = time.perf_counter() - began
        want(
            spent < BUDGET_SECONDS * 2 + 1,
            "the contact's page is there all the same",
            seen=f"{spent:.1f} s",
            why=_WHY_QUICK,
            clause="connectors",
        )
        want(
            source is None or source.failure or not source.attributes,
            "and nothing is made up",
            seen=source,
            why="an agent acts on what stands there",
            clause="connectors",
        )

    async def test_off__tells_nothing_where_it_is_off(self, scope: Scope) -> None:
        """Off for a client, it does not exist there."""
        contact = await _contact(scope, self.known)
        await switch(self.plugin, scope, False)
        want(
            await self.__asked(contact) is None,
            "a connector that is off tells nothing",
            why="it does not exist there",
            clause="off",
        )

    async def test_connectors__many_may_ask_at_once(self, scope: Scope) -> None:
        """Twenty pages at the same time."""
        contact = await _contact(scope, self.known)
        found = await asyncio.gather(*(self.__asked(contact) for _page in range(20)))
        want(
            all(each == found[0] for each in found),
            "everyone is told the same",
            why="pages are opened at the same time",
            seen=found[0],
            clause="connectors",
        )

    async def __asked(self, contact: Contact) -> outside.Source | None:
        return next((each for each in await outside.known_outside(contact) if each.plugin == self.plugin), None)


async def _contact(scope: Scope, handle: Handle) -> Contact:
    assert scope.client is not None
    async with db.transaction():
        return await identify.find_or_create(scope, handle)


def _shown(value: Any) -> bool:
    return isinstance(value, str | int | float | bool) or value is None or hasattr(value, "isoformat")

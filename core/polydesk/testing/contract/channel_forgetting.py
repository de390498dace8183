"""Clauses about what a plugin keeps of people in tables of its own: given out, and erased."""

from __future__ import annotations

from polydesk import db, hooks, plugins
from polydesk.testing.contract.channel_author import ChannelAuthor
from polydesk.testing.contract.stage import Stage, tables
from polydesk.testing.contract.wanting import broken, skip_unless, want


class Forgetting(ChannelAuthor):
    """What the plugin keeps of somebody in tables of its own can be given out and erased."""

    async def test_personal__what_the_plugin_keeps_is_erased(self, stage: Stage) -> None:
        """Neither handle nor words are left in the plugin's tables."""
        self.carries(stage)
        await self.begin(stage, "my secret birthday")
        if not await stage.messages():
            broken(
                "a message comes in", why="there is nothing to forget", seen=await stage.arrivals(), clause="personal"
            )
        await self.keeps_something(stage)
        await stage.desk.work()
        needles = (self.handle("nino").value, "my secret birthday")
        mine = [each for plugin, each in plugins.collect(hooks.polydesk_personal_data) if plugin.name == self.plugin]
        kept = await _kept(self.plugin, needles)
        skip_unless(kept or mine, "the plugin keeps nothing about contacts in tables of its own")
        want(
            mine,
            "a plugin that keeps something about contacts answers polydesk_personal_data",
            why="people may ask for it and have it erased",
            seen=kept,
            clause="personal",
        )
        contact = (await stage.messages())[0]["contact"]
        given = [await each.export(contact) for each in mine]
        want(
            all(isinstance(each, dict) for each in given),
            "`export` answers a dict",
            why="it becomes a file",
            seen=given,
            clause="personal",
        )
        want(
            not kept or any(any(each.values()) for each in given),
            "`export` gives out what is kept",
            why="people may ask what is known of them",
            seen=f"kept in {kept}, given out: {given}",
            clause="personal",
        )
        for each in mine:
            await each.erase(contact)
        left = await _kept(self.plugin, needles)
        want(
            not left,
            "after `erase` neither handle nor words are left",
            why="people may ask to be forgotten",
            seen=left,
            clause="personal",
        )
        again = [value for each in mine for value in (await each.export(contact)).values() if value]
        want(
            not again,
            "and there is nothing more to give out",
            why="people may ask to be forgotten",
            seen=again,
            clause="personal",
        )


async def _kept(plugin: str, needles: tuple[str, ...]) -> list[str]:
    """Where in the plugin's tables somebody can be found."""
    found = []
    for table in await tables(f"{plugin}_"):
        for row in await db.fetch(f"SELECT * FROM {table}"):
            found += [f"{table}.{name}" for name, value in row.items() if any(each in str(value) for each in needles)]
    return found

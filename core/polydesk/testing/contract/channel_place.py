"""Clauses about the channel in its desk: off where it is off, and set up by its form."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from polydesk import db
from polydesk.channel import Channel
from polydesk.channels import service as channels
from polydesk.errors import Invalid, PolydeskError
from polydesk.fields import secret_names
from polydesk.testing.contract.channel_author import ChannelAuthor
from polydesk.testing.contract.plugin import check_settings_class
from polydesk.testing.contract.shapes import Knock, Said
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.wanting import broken, skip_unless, want
from polydesk.web.forms import specs

_NOT_THERE = "a plugin that is off in a scope does not exist there"


class SwitchedOff(ChannelAuthor):
    """Off for a client, nothing comes in and nothing goes out there; on again, nothing was lost."""

    async def test_off__nothing_comes_in(self, stage: Stage) -> None:
        """Neither a call nor a page of the plugin's own."""
        self.carries(stage)
        came = await self.comes(Said(id="off", text="anybody?"))
        await stage.switch(False)
        status = await stage.knock(came) if isinstance(came, Knock) else 404
        want(
            400 <= status < 500,
            "a call to a channel that is off is answered as if nothing was there",
            why=_NOT_THERE,
            seen=status,
            clause="off",
        )
        await stage.desk.work()
        want(
            not await stage.messages(),
            "and nothing of it is shown",
            why=_NOT_THERE,
            seen=await stage.messages(),
            clause="off",
        )
        want(
            not await channels.enabled(stage.channel.name),
            "and its accounts are listened to no more",
            why=_NOT_THERE,
            clause="off",
        )

    async def test_off__nothing_goes_out(self, stage: Stage) -> None:
        """An agent is told; what was on its way waits."""
        await self.begin(stage)
        item = await stage.reply("On its way when it was switched off.")
        await stage.switch(False)
        await stage.desk.work()
        want(not await self.received(), "what was on its way waits", why=_NOT_THERE, clause="off")
        try:
            await stage.reply("After it was switched off.")
        except Invalid:
            pass
        else:
            broken("an agent is told that nothing can be sent", why=_NOT_THERE, clause="off")
        await stage.switch(True)
        await stage.time_passes(300)
        got = await self.received()
        want(
            len(got) == 1,
            "switched on again, it goes out",
            why="nothing is lost by a switch",
            seen=(got, await stage.delivery(item)),
            clause="off",
        )

    async def test_off__what_came_before_waits(self, stage: Stage) -> None:
        """Bytes at the door stay there until the plugin is back."""
        self.carries(stage)
        await stage.knock(await self.comes(Said(id="kept", text="before")))
        waiting = await stage.arrivals()
        skip_unless(waiting, "the channel reads what comes in at once")
        await stage.switch(False)
        await stage.desk.work()
        want(not await stage.messages(), "what waits to be read is left alone", why=_NOT_THERE, clause="off")
        await stage.switch(True)
        await stage.time_passes(600)
        want(
            len(await stage.messages()) == 1,
            "switched on again, it is read",
            why="nothing is lost by a switch",
            seen=await stage.arrivals(),
            clause="off",
        )


class SetUp(ChannelAuthor):
    """The account's form is made from `settings`; it draws, checks and keeps secrets."""

    def test_settings__the_class_is_fit_for_a_form(self, channel: Channel) -> None:
        """Labels, inputs and secrets."""
        check_settings_class(channel.settings, self.open_settings)

    async def test_settings__the_form_is_drawn_and_refuses_what_is_wrong(self, stage: Stage) -> None:
        """On the real screen, as an admin uses it."""
        path = f"/admin/accounts/new/{stage.channel.name}"
        page = await stage.http.get(path)
        missing = [each.name for each in specs(stage.channel.settings) if f'name="s-{each.name}"' not in page.text]
        want(
            page.status_code == 200 and not missing,
            "every setting is on the page",
            why="an admin must see it",
            seen=missing or page.status_code,
            clause="settings",
        )
        right = self.__typed(stage.account.settings)
        for name, words in self.wrong.items():
            answer = await stage.http.post(path, data=self.__form(stage, page.text, {**right, f"s-{name}": words}))
            want(
                answer.status_code == 422,
                f"{name} = {words!r} is refused beside its field",
                why="a wrong setting that is saved fails later, and elsewhere",
                seen=answer.status_code,
                clause="settings",
            )
            want(
                words not in ("",) and not self.__secrets_in(stage, answer.text),
                "and no secret is sent back",
                why="a page stays in a browser's history",
                clause="settings",
            )

    async def test_settings__secrets_are_never_shown_again(self, stage: Stage) -> None:
        """Saved, opened, saved without retyping: kept, encrypted and not on the page."""
        path = f"/admin/accounts/{stage.account.id}"
        page = await stage.http.get(path)
        want(
            page.status_code == 200,
            "a saved account can be opened",
            seen=page.status_code,
            why="to be changed",
            clause="settings",
        )
        shown = self.__secrets_in(stage, page.text)
        want(
            not shown,
            "a secret is not on the page",
            why="who may look over a shoulder must not learn it",
            seen=shown,
            clause="settings",
        )
        stored = (await db.fetch("SELECT settings FROM pd_account WHERE id = {}", stage.account.id))[0]["settings"]
        want(
            not self.__secrets_in(stage, stored),
            "a secret is encrypted in the database",
            why="a copy of the database must not open the service",
            clause="settings",
        )
        typed = self.__typed(stage.account.settings, secrets=False)
        answer = await stage.http.post(path, data=self.__form(stage, page.text, typed))
        want(
            answer.status_code in (200, 303, 204),
            "the form can be saved as it was drawn",
            seen=answer.text[:400],
            why="an admin who changes one thing retypes nothing",
            clause="settings",
        )
        kept = (await channels.load(stage.account.id)).settings
        want(
            kept == stage.account.settings,
            "what was not changed is kept, secrets too",
            seen=_different(kept, stage),
            why="a lost key is silence",
            clause="settings",
        )

    async def test_settings__the_connection_test_tells_right_from_wrong(self, stage: Stage) -> None:
        """`check` says that the settings work, and what is wrong when they do not."""
        skip_unless(type(stage.channel).check is not Channel.check, "the channel has no connection test (`check`)")
        right = await stage.channel.check(stage.account.settings)
        want(
            right and all(each.ok for each in right),
            "with settings that work, every step is right",
            seen=right,
            why="an admin trusts what is green",
            clause="settings",
        )
        self.claims_mood("down")
        await self.mood("down")
        wrong = await stage.channel.check(stage.account.settings)
        want(
            any(not each.ok for each in wrong),
            "while the service is out of order, a step says so",
            seen=wrong,
            why="an admin trusts what is green",
            clause="settings",
        )
        try:
            news = await stage.channel.inspect(stage.account)
        except PolydeskError:
            return  # its words become the account's trouble
        want(
            news is None or news.trouble is None or str(news.trouble),
            "and `inspect` does not call it well",
            seen=news,
            why="the health screen says what it says",
            clause="settings",
        )

    def __typed(self, settings: Any, *, secrets: bool = True) -> dict[str, Any]:
        """As a browser posts it."""
        hidden = secret_names(type(settings))
        typed: dict[str, Any] = {}
        for each in specs(type(settings)):
            value = getattr(settings, each.name)
            if each.name in hidden and not secrets:
                value = ""
            if isinstance(value, bool):
                typed |= {f"s-{each.name}": "on"} if value else {}
            elif each.field.input == "languages":
                typed[f"s-{each.name}"] = list(value)
            elif value is not None:
                typed[f"s-{each.name}"] = ", ".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
        return typed

    def __form(self, stage: Stage, page: str, typed: dict[str, Any]) -> dict[str, Any]:
        """With what every account has, and the page's own token."""
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
        general = {"name": "Contract", "place": str(stage.account.client), "enabled": "on", "queue": ""}
        return {**general, "_csrf_token": token[1] if token else "", **typed}

    def __secrets_in(self, stage: Stage, words: str) -> list[str]:
        settings = stage.account.settings
        return [
            name
            for name in secret_names(type(settings))
            if getattr(settings, name) and getattr(settings, name) in words
        ]


def _different(kept: msgspec.Struct, stage: Stage) -> list[str]:
    was = stage.account.settings
    return [name for name in kept.__struct_fields__ if getattr(kept, name) != getattr(was, name)]

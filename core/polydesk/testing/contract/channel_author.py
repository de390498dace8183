"""What a channel's author tells the contract: how its service is opened, how people write to it, what it gets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, ClassVar

import httpx
import pytest

from polydesk import plugins
from polydesk.channel import Channel
from polydesk.channels import service as channels
from polydesk.live import signal
from polydesk.staff.access import Viewer
from polydesk.testing.contract.plugin import PluginContract
from polydesk.testing.contract.shapes import Came, Knock, Mood, Received, Said, Sample
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.wanting import skip_unless, want
from polydesk.testing.fixtures import TestDesk
from polydesk.types import DeliveryState, Handle


class ChannelAuthor(PluginContract):
    """The methods an author fills in. What a service cannot do stays as it is here, and is left out by name."""

    channel_name: ClassVar[str] = ""
    """The channel, when it is not named like the plugin."""
    secret: ClassVar[str] = ""
    """The setting that calls are proved with; "" when nothing calls."""
    signs_body: ClassVar[bool] = True
    """Whether that proof covers the bytes of the call (a token that is merely sent along does not)."""
    states: ClassVar[tuple[DeliveryState, ...]] = ()
    """What the service tells of a message of ours, in order: ("delivered", "read", "failed")."""
    moods: ClassVar[frozenset[Mood]] = frozenset({"busy", "refuse", "silent", "down"})
    """How the make-believe service can be made to answer."""
    retry_after: ClassVar[float] = 0.0
    """For how many seconds a busy service asks to be left alone; 0 when it does not say."""
    refusal: ClassVar[str] = ""
    """Words of the service's (or the channel's for them) that an agent must read when it refuses."""
    recipients: ClassVar[dict[str, str]] = {}
    """Addresses as agents type them, with the handle's value they become; "" for what cannot be written to."""
    wrong: ClassVar[dict[str, str]] = {}
    """Settings typed wrong, each of which the form must refuse: `{"per_second": "many"}`."""
    samples: ClassVar[Sequence[Sample]] = ()
    """Raw arrivals of every kind the service sends: odd ones and hostile ones too."""
    out_files: ClassVar[Sequence[tuple[str, str, bytes]]] = (("receipt.txt", "text/plain", b"Thank you."),)
    """Name, media type and bytes of files that may be sent."""
    in_files: ClassVar[Sequence[tuple[str, str, bytes]]] = (
        ("photo.png", "image/png", b"\x89PNG\r\n\x1a\n" + b"0" * 99),
    )

    http: httpx.AsyncClient
    """The desk, for a channel whose contacts use pages of its own."""

    async def open(self, hook: str) -> Any:
        """Start the make-believe service; answer the settings of an account at it."""
        raise NotImplementedError("open() starts the make-believe service and answers settings that work")

    async def close(self) -> None:
        """Stop it."""

    def handle(self, who: str) -> Handle:
        """Who "nino" and "dato" are on this service."""
        raise NotImplementedError('handle("nino") answers the handle of a make-believe contact')

    async def comes(self, said: Said) -> Came:
        """What the service brings when a contact says this: a signed request, or what `listen` would fetch."""
        raise NotImplementedError("comes(said) answers the Knock or Arrival with which the service brings a message")

    def signed(self, knock: Knock, settings: Any, url: str) -> Knock:
        """The request as the service proves it with these settings; one signed already is signed anew."""
        raise NotImplementedError("signed(knock, settings, url) signs a request with settings.<secret>")

    def unsigned(self, knock: Knock) -> Knock:
        """The same without any proof: by default without headers but the content type."""
        kept = {name: value for name, value in knock.headers.items() if name.lower() == "content-type"}
        return Knock(body=knock.body, headers=kept, path=knock.path, query=knock.query, method=knock.method)

    async def received(self) -> list[Received]:
        """Everything the service took from the desk, in order."""
        raise NotImplementedError("received() lists what the make-believe service got from the desk")

    async def mood(self, mood: Mood) -> None:
        """Answer so from now on."""
        raise NotImplementedError("mood(mood) changes how the make-believe service answers; see `moods`")

    async def news(self, received: Received, state: DeliveryState) -> Came:
        """How the service tells what became of a message of ours."""
        raise NotImplementedError("news(received, state) answers what the service brings; see `states`")

    async def keeps_something(self, stage: Stage) -> None:
        """Make the plugin keep something about "nino" beyond the conversation, if it ever does."""

    # --- what the clauses use

    @pytest.fixture
    def channel(self, the_plugin: plugins.Plugin) -> Channel:
        """The channel under test."""
        name = self.channel_name or self.plugin
        found = channels.find_channel(name)
        want(
            found is not None and found[0] is the_plugin,
            f"polydesk_channels answers with a channel named {name!r}",
            why="accounts are stored under that name",
            clause="loading",
        )
        assert found is not None
        return found[1]

    @pytest.fixture
    async def stage(
        self, desk: TestDesk, browser: httpx.AsyncClient, the_plugin: plugins.Plugin, owner: Viewer, channel: Channel
    ) -> AsyncIterator[Stage]:
        """A desk with one account, and the service it talks to."""
        self.http = browser
        settings = await self.open(channels.hook(channel.name))
        try:
            number = await channels.save_account(
                owner, channel=channel.name, client=owner.clients[0], market=None, name="Contract", settings=settings
            )
            signal(0, "accounts")
            yield Stage(desk, browser, owner, the_plugin, channel, await channels.load(number))
        finally:
            await self.close()

    def carries(self, stage: Stage) -> None:
        """Leave a clause out where nothing is written."""
        __tracebackhide__ = True
        skip_unless(stage.channel.capabilities.writes, "the channel carries no messages (Capabilities(writes=False))")

    def claims_mood(self, mood: Mood) -> None:
        """Leave a clause out when the author's service cannot behave so."""
        __tracebackhide__ = True
        skip_unless(mood in self.moods, f"the make-believe service cannot be {mood!r} (`moods`)")

    async def begin(self, stage: Stage, text: str = "Where is order 1042?") -> None:
        """Nino writes, and the desk has a conversation to answer."""
        self.carries(stage)
        await stage.bring(await self.comes(Said(id="first", text=text)))

"""Telegram for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from polydesk import N_, Channel, PluginInfo, Simulator, Text, hookimpl, only
from polydesk.types import Conversation, Item
from polydesk_telegram import buttons
from polydesk_telegram.channel import TelegramChannel
from polydesk_telegram.simulator import TelegramSimulator

PLUGIN = PluginInfo(
    label=Text(N_("Telegram")),
    description=Text(N_("Telegram bots as a channel: private chats with a bot become conversations.")),
    requires=">=0.1,<0.2",
)


@hookimpl
def polydesk_channels() -> list[Channel]:
    """The one channel this plugin is about."""
    return [TelegramChannel()]


@hookimpl
@only("telegram")
async def polydesk_message_received(conversation: Conversation, item: Item) -> None:
    """A button that was pressed stops turning once Telegram is told that it was seen."""
    await buttons.seen(conversation, item)


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    """A make-believe Telegram."""
    return [TelegramSimulator()]

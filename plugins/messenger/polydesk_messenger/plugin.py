"""Messenger and Instagram for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from polydesk import N_, Channel, PluginInfo, Simulator, Text, hookimpl
from polydesk_messenger.channel import InstagramChannel, MessengerChannel
from polydesk_messenger.simulator import InstagramSimulator, MessengerSimulator

PLUGIN = PluginInfo(
    label=Text(N_("Messenger and Instagram")),
    description=Text(N_("Facebook pages and Instagram accounts as channels.")),
    requires=">=0.1,<0.2",
)


@hookimpl
def polydesk_channels() -> list[Channel]:
    """The two channels this plugin is about."""
    return [MessengerChannel(), InstagramChannel()]


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    """A page and an account to try it with."""
    return [MessengerSimulator(), InstagramSimulator()]

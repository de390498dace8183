"""WhatsApp for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from polydesk import N_, Channel, PluginInfo, Simulator, Text, hookimpl
from polydesk_whatsapp.channel import WhatsAppChannel
from polydesk_whatsapp.simulator import WhatsAppSimulator

PLUGIN = PluginInfo(
    label=Text(N_("WhatsApp")),
    description=Text(N_("WhatsApp numbers as a channel, through Meta's Cloud API.")),
    requires=">=0.1,<0.2",
)


@hookimpl
def polydesk_channels() -> list[Channel]:
    """The one channel this plugin is about."""
    return [WhatsAppChannel()]


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    """A number to try it with."""
    return [WhatsAppSimulator()]

"""Email for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from polydesk import N_, Channel, PluginInfo, Simulator, Text, hookimpl
from polydesk.types import DemoStep
from polydesk_email import demo
from polydesk_email.channel import EmailChannel
from polydesk_email.simulator import EmailSimulator

PLUGIN = PluginInfo(
    label=Text(N_("Email")),
    description=Text(N_("Mailboxes as a channel: mail comes in by IMAP and goes out by SMTP.")),
    requires=">=0.1,<0.2",
)


@hookimpl
def polydesk_channels() -> list[Channel]:
    """The one channel this plugin is about."""
    return [EmailChannel()]


@hookimpl
def polydesk_demo() -> list[DemoStep]:
    """The demo's conversations, by mail."""
    return [DemoStep(name="email", load=demo.load)]


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    """A mailbox with people who write to it."""
    return [EmailSimulator()]

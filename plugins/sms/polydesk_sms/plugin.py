"""SMS for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from polydesk import N_, Channel, PluginInfo, Simulator, Text, hookimpl, only
from polydesk.types import Conversation, Item, Objection, PersonalData
from polydesk_sms import optout, personal
from polydesk_sms.channel import SmsChannel
from polydesk_sms.simulator import SmsSimulator

PLUGIN = PluginInfo(
    label=Text(N_("SMS")),
    description=Text(N_("Telephone numbers as a channel, through a Twilio-style gateway.")),
    requires=">=0.1,<0.2",
)


@hookimpl
def polydesk_channels() -> list[Channel]:
    """The one channel this plugin is about."""
    return [SmsChannel()]


@hookimpl
@only("sms")
async def polydesk_message_received(conversation: Conversation, item: Item) -> None:
    """STOP and START are heard."""
    await optout.heard(conversation, item)


@hookimpl
@only("sms")
async def polydesk_message_failed(conversation: Conversation, item: Item, reason: str) -> None:
    """What the gateway refuses for an opt-out is one here too."""
    await optout.failed(conversation, item, reason)


@hookimpl
async def polydesk_check_reply(conversation: Conversation, text: str) -> list[Objection]:
    """A warning before writing to someone who asked for no more."""
    return await optout.objections(conversation, text)


@hookimpl
def polydesk_personal_data() -> list[PersonalData]:
    """Who asked for no more."""
    return [PersonalData(name="sms", export=personal.export, erase=personal.erase)]


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    """A gateway to try it with."""
    return [SmsSimulator()]

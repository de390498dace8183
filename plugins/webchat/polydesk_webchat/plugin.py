"""Web chat for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from litestar import Router

from polydesk import N_, Channel, PluginInfo, Simulator, Text, hookimpl, only
from polydesk.types import Conversation, Item, JobKind, PersonalData, Schedule, Slot
from polydesk_webchat import agents, api, following, leaving, loading, pages, personal
from polydesk_webchat.channel import WebChat
from polydesk_webchat.simulate import ChatVisitors

PLUGIN = PluginInfo(
    label=Text(N_("Web chat")),
    description=Text(N_("A chat for the client's own web site.")),
    requires=">=0.1,<0.2",
)


@hookimpl
def polydesk_channels() -> list[Channel]:
    """The one channel this plugin is about."""
    return [WebChat()]


@hookimpl
def polydesk_routers() -> list[Router]:
    """Everything visitors and their browsers ask for, and what agents do with visitors."""
    return [Router("/p/webchat", route_handlers=[*pages.HANDLERS, *api.HANDLERS, *loading.HANDLERS, *agents.HANDLERS])]


@hookimpl
def polydesk_slots() -> list[Slot]:
    """Where the visitor is."""
    return [Slot(place="conversation.sidebar", template="visitor.html", load=agents.sidebar, weight=20)]


@hookimpl
@only("webchat")
async def polydesk_message_received(conversation: Conversation, item: Item) -> None:
    """The visitor learns that it was delivered."""
    await following.received(conversation, item)


@hookimpl
@only("webchat")
async def polydesk_queue_entered(conversation: Conversation) -> None:
    """The visitor learns their place."""
    await following.waits(conversation)


@hookimpl
@only("webchat")
async def polydesk_conversation_assigned(conversation: Conversation, assignee: int | None) -> None:
    """The visitor learns who answers."""
    await following.assigned(conversation, assignee)


@hookimpl
@only("webchat")
async def polydesk_conversation_solved(conversation: Conversation) -> None:
    """Nobody answers any more."""
    await following.solved(conversation)


@hookimpl
def polydesk_jobs() -> list[JobKind]:
    """Answers nobody came back to see."""
    return leaving.JOBS


@hookimpl
def polydesk_schedules() -> list[Schedule]:
    """Looked for every minute."""
    return leaving.SCHEDULES


@hookimpl
def polydesk_personal_data() -> list[PersonalData]:
    """What visitors left here."""
    return [PersonalData(name="webchat", export=personal.export, erase=personal.erase)]


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    """Visitors who do not exist."""
    return [ChatVisitors()]

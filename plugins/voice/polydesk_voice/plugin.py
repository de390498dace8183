"""The telephone for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from typing import Any

from litestar import Router

from polydesk import N_, Channel, PluginInfo, Simulator, Text, hookimpl, only
from polydesk.types import (
    Case,
    Contact,
    Conversation,
    DemoStep,
    ItemKind,
    JobKind,
    Metric,
    NavigationEntry,
    PackPart,
    Permission,
    PersonalData,
    Presence,
    Schedule,
    Slot,
)
from polydesk_voice import demo, items
from polydesk_voice.calls import commands, ringing, sweeping
from polydesk_voice.calls import personal as of_calls
from polydesk_voice.channel import VoiceChannel
from polydesk_voice.figures import metrics
from polydesk_voice.lists import demo as of_lists_demo
from polydesk_voice.lists import importing, progressing
from polydesk_voice.lists import personal as of_lists
from polydesk_voice.phones import service as phones
from polydesk_voice.phones import times
from polydesk_voice.places import PlaceSettings
from polydesk_voice.providers.twiml import music
from polydesk_voice.queueing import pack
from polydesk_voice.recordings import describing, fetching, keeping, personal
from polydesk_voice.recordings import service as recorded
from polydesk_voice.recordings import slot as beside
from polydesk_voice.screens import (
    bar,
    emergency,
    figures,
    floor,
    list_import,
    list_work,
    lists,
    never,
    phone,
    playlists,
    recordings,
    said,
    set_up,
    sound,
)
from polydesk_voice.simulator import VoiceSimulator

PLUGIN = PluginInfo(
    label=Text(N_("Telephone")),
    description=Text(N_("Calls as conversations: menus, queues, agents' phones, recordings, dialling lists.")),
    requires=">=0.1,<0.2",
)


@hookimpl
def polydesk_channels() -> list[Channel]:
    """The telephone."""
    return [VoiceChannel()]


@hookimpl
def polydesk_item_kinds() -> list[ItemKind]:
    """What calls write into the timeline."""
    return items.kinds()


@hookimpl
@only("voice")
async def polydesk_conversation_assigned(conversation: Conversation, assignee: int | None) -> None:
    """Whoever was chosen for a call is rung."""
    await ringing.assigned(conversation, assignee)


@hookimpl
async def polydesk_engaged_agents(case: Case, agents: list[int]) -> dict[int, Text]:
    """Nobody is rung twice at once, nor written to while they talk."""
    return await phones.engaged(case, agents)


@hookimpl
async def polydesk_presence_changed(person: int, presence: Presence) -> None:
    """For occupancy."""
    await times.presence(person, presence)


@hookimpl
@only("voice")
async def polydesk_conversation_solved(conversation: Conversation) -> None:
    """Its topic and tags are what they will be: recordings are found by them."""
    await recorded.describe_conversation(conversation.id)


@hookimpl
async def polydesk_contacts_merged(kept: Contact, merged: int) -> None:
    """Calls and recordings follow their contact."""
    await of_calls.merged(kept, merged)
    await personal.merged(kept, merged)
    await of_lists.merged(kept, merged)


@hookimpl
def polydesk_jobs() -> list[JobKind]:
    """What providers are to do, and the safety net."""
    return [
        *commands.JOBS,
        *sweeping.JOBS,
        *fetching.JOBS,
        *describing.JOBS,
        *keeping.JOBS,
        *importing.JOBS,
        *progressing.JOBS,
    ]


@hookimpl
def polydesk_schedules() -> list[Schedule]:
    """Every few seconds."""
    return [*sweeping.SCHEDULES, *keeping.SCHEDULES, *progressing.SCHEDULES]


@hookimpl
def polydesk_routers() -> list[Router]:
    """The telephone's screens."""
    handlers: list[Any] = [
        *floor.HANDLERS,
        *bar.HANDLERS,
        *phone.HANDLERS,
        *figures.HANDLERS,
        *recordings.HANDLERS,
        *sound.HANDLERS,
        *playlists.HANDLERS,
        *lists.HANDLERS,
        *list_import.HANDLERS,
        *list_work.HANDLERS,
        *never.HANDLERS,
        *emergency.HANDLERS,
        *set_up.HANDLERS,
        *said.HANDLERS,
        *music.HANDLERS,
    ]
    return [Router(path="/p/voice", route_handlers=handlers)]


@hookimpl
def polydesk_slots() -> list[Slot]:
    """The call bar above every screen, a button for each number, and what was recorded beside its conversation."""
    return [
        Slot(place="desk.bar", template="voice/slot.html", load=bar.slot),
        Slot(place="conversation.sidebar", template="voice/recordings_slot.html", load=beside.load, weight=20),
        Slot(place="contact.panel", template="voice/call_buttons.html", load=bar.click_to_call, weight=10),
    ]


@hookimpl
def polydesk_navigation() -> list[NavigationEntry]:
    """In the rail, for everybody: agents hear their own calls and work through lists."""
    return [NavigationEntry(label=PLUGIN.label, path="/p/voice", icon="phone", weight=50)]


@hookimpl
def polydesk_settings() -> list[type[Any]]:
    return [PlaceSettings]


@hookimpl
def polydesk_permissions() -> list[Permission]:
    """Who may do what with calls."""
    return [
        Permission(name="voice.talk", label=Text(N_("Answer and make calls")), roles=("agent", "supervisor", "admin")),
        Permission(name="voice.floor", label=Text(N_("See the live floor")), roles=("analyst", "supervisor", "admin")),
        Permission(
            name="voice.monitor", label=Text(N_("Listen to and join live calls")), roles=("supervisor", "admin")
        ),
        Permission(name="voice.manage", label=Text(N_("Set up the telephone")), roles=("supervisor", "admin")),
        Permission(
            name="voice.emergency", label=Text(N_("Send calls elsewhere at once")), roles=("supervisor", "admin")
        ),
        Permission(
            name="voice.figures",
            label=Text(N_("See figures of the telephone")),
            roles=("analyst", "supervisor", "admin"),
        ),
        Permission(
            name="voice.listen", label=Text(N_("Listen to recordings")), roles=("analyst", "supervisor", "admin")
        ),
        Permission(
            name="voice.recordings.manage",
            label=Text(N_("Erase recordings and see who listened")),
            roles=("admin",),
        ),
        Permission(name="voice.lists", label=Text(N_("Set up dialling lists")), roles=("supervisor", "admin")),
    ]


@hookimpl
def polydesk_metrics() -> list[Metric]:
    """Computed from the timeline."""
    return metrics.metrics()


@hookimpl
def polydesk_personal_data() -> list[PersonalData]:
    """Calls and recordings of a contact."""
    return [
        PersonalData(name="calls", export=of_calls.export, erase=of_calls.erase),
        PersonalData(name="recordings", export=personal.export, erase=personal.erase),
        PersonalData(name="dialling lists", export=of_lists.export, erase=of_lists.erase),
    ]


@hookimpl
def polydesk_pack_parts() -> list[PackPart]:
    """How queues treat calls; lines are accounts and hours are settings, both core's to carry."""
    return [pack.PART]


@hookimpl
def polydesk_demo() -> list[DemoStep]:
    """A week of calls, and people to be called."""
    return [
        DemoStep(name="voice", load=demo.load, weight=60),
        DemoStep(name="dialling lists", load=of_lists_demo.load, weight=70),
    ]


@hookimpl
def polydesk_simulators() -> list[Simulator]:
    """An exchange to try it with."""
    return [VoiceSimulator()]

"""Menus for Polydesk: what the plugin is and which hooks it implements."""

from __future__ import annotations

from typing import Any

from litestar import Router

from polydesk import N_, PluginInfo, Text, hookimpl
from polydesk.types import (
    Contact,
    Conversation,
    DemoStep,
    Item,
    JobKind,
    NavigationEntry,
    PackPart,
    Permission,
    PersonalData,
    Schedule,
    Scope,
    Slot,
    Step,
)
from polydesk_menus import demo, pack, personal, sessions, sidebar
from polydesk_menus.screens import editor, listing, trial, versions

PLUGIN = PluginInfo(
    label=Text(N_("Menus")),
    description=Text(N_("Asks contacts what it is about before an agent takes over.")),
    requires=">=0.1,<0.2",
)


@hookimpl
async def polydesk_next_step(conversation: Conversation, contact: Contact, item: Item) -> Step | None:
    """Where the menu of this place goes on."""
    return await sessions.next_step(conversation, contact, item)


@hookimpl
async def polydesk_has_questions(scope: Scope) -> bool:
    """Where no menu is published, nothing is asked."""
    return await sessions.has_questions(scope)


@hookimpl
async def polydesk_contacts_merged(kept: Contact, merged: int) -> None:
    """Sessions follow their contact."""
    await sessions.merged(kept, merged)


@hookimpl
def polydesk_routers() -> list[Router]:
    """The editor, versions and outcomes."""
    handlers: list[Any] = [*listing.HANDLERS, *editor.HANDLERS, *trial.HANDLERS, *versions.HANDLERS]
    return [Router(path="/p/menus", route_handlers=handlers)]


@hookimpl
def polydesk_navigation() -> list[NavigationEntry]:
    """In the rail, for those who keep menus."""
    return [NavigationEntry(label=PLUGIN.label, path="/p/menus", icon="sitemap", permission="menus.manage", weight=60)]


@hookimpl
def polydesk_permissions() -> list[Permission]:
    """Who may change what contacts are asked."""
    return [Permission(name="menus.manage", label=Text(N_("Set up menus")), roles=("supervisor", "admin"))]


@hookimpl
def polydesk_slots() -> list[Slot]:
    """Agents see what was asked already."""
    return [Slot(place="conversation.sidebar", template="menus/sidebar.html", load=sidebar.load)]


@hookimpl
def polydesk_jobs() -> list[JobKind]:
    """What happened to conversations meanwhile."""
    return [JobKind(name="menus.settle", handler=sessions.settle)]


@hookimpl
def polydesk_schedules() -> list[Schedule]:
    """Every minute."""
    return [Schedule(name="menus.settle", job="menus.settle", every=60.0)]


@hookimpl
def polydesk_personal_data() -> list[PersonalData]:
    """What contacts told a menu."""
    return [PersonalData(name="menus", export=personal.export, erase=personal.erase)]


@hookimpl
def polydesk_pack_parts() -> list[PackPart]:
    """The menu goes along with its market."""
    return [pack.PART]


@hookimpl
def polydesk_demo() -> list[DemoStep]:
    """A menu in every market of the demo."""
    return [DemoStep(name="menus", load=demo.load, weight=50)]

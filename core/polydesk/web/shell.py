"""What stands around every screen: the rail with its counts, and what plugins put into it."""

from __future__ import annotations

from typing import Any, cast

import msgspec
from litestar import get

from polydesk import hooks, plugins
from polydesk.channels import service as channels
from polydesk.conversations import service as conversations
from polydesk.i18n import N_, _, pgettext, render
from polydesk.queues import service as queues
from polydesk.sandbox import service as sandbox
from polydesk.scopes import service as scopes
from polydesk.simulate import control
from polydesk.staff.access import Viewer
from polydesk.staff.within import within
from polydesk.types import Text
from polydesk.web import guards, htmx, slots
from polydesk.web.htmx import Req

ADMIN_RIGHTS = ("account.manage", "queue.manage", "market.manage", "plugin.manage", "job.manage", "arrival.manage")


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the rail."""

    view: str = ""
    path: str = ""
    label: Text | str
    icon: str
    count: int = 0
    more: bool = False
    trouble: bool = False


def view_label(view: str) -> str:
    """What a view of the inbox is called."""
    match view:
        case "mine":
            return _("Assigned to me")
        case "unassigned":
            return _("Unassigned")
        case "all":
            return _("All open")
        case "waiting":
            return _("Waiting for contact")
        case "snoozed":
            return _("Snoozed")
        case "solved":
            return _("Solved")
    return pgettext("place", "Queue")


def handle_kind(kind: str) -> str:
    """What an address space is called."""
    if kind == "phone":
        return _("Phone")
    for _plugin, channel in plugins.collect(hooks.polydesk_channels):
        if kind in (channel.handle_kind, channel.name):
            return render(channel.label)
        if kind.startswith(f"{channel.name}_"):
            return f"{render(channel.label)}: {kind.removeprefix(channel.name)[1:]}"
    return kind.replace("_", " ").capitalize()


ICONS = {
    "mine": "user",
    "unassigned": "inbox",
    "all": "messages",
    "waiting": "hourglass",
    "snoozed": "clock-pause",
    "solved": "circle-check",
}


async def shell(request: Req) -> dict[str, Any]:
    """The rail's context; nothing for someone who is not signed in."""
    viewer = cast(Viewer | None, request.scope.get(htmx.WHOLE) or request.scope.get("user"))
    if viewer is None:
        return {}
    filled = await slots.around(request, viewer, ("desk.bar",))
    inside = await sandbox.sandboxes(viewer)
    return {
        "rail": await rail(viewer, at(request)),
        "bars": filled.get("desk.bar", []),
        # Whoever works for other clients as well is told on the screens of this one.
        "sandboxes": inside if len(inside) == len(viewer.clients) else [],
    }


def at(request: Req) -> str:
    """Where in the rail this request is."""
    path = request.url.path
    if path == "/rail":
        return request.query_params.get("at", "")
    if path.startswith(("/inbox", "/conversations")):
        return request.query_params.get("view", "mine")
    return "/" + path.split("/")[1] if not path.startswith("/p/") else path


async def rail(viewer: Viewer, current: str) -> dict[str, Any]:
    """Views and queues with their counts, places, and what needs attention."""
    own_queues = await queues.list_queues(viewer)
    own_queues = [queue for queue in own_queues if not queue.members or viewer.id in queue.members or viewer.is_owner]
    names = (*conversations.VIEWS, *(f"queue:{queue.id}" for queue in own_queues))
    counted = {count.view: count for count in await conversations.counts(viewer, names)}
    clients = await scopes.list_clients(viewer.clients)
    quiet = ("solved", "snoozed")

    def place(view: str, label: str, icon: str) -> Place:
        count = counted[view]
        return Place(view=view, label=label, icon=icon, count=0 if view in quiet else count.count, more=count.more)

    return {
        "at": current,
        "desk_name": clients[0].name if len(clients) == 1 else "Polydesk",
        "views": [place(view, view_label(view), ICONS[view]) for view in conversations.VIEWS],
        "queues": [
            (client.name, [place(f"queue:{queue.id}", queue.name, "stack-2") for queue in theirs])
            for client in clients
            if (theirs := [queue for queue in own_queues if queue.client == client.id])
        ],
        "places": await _places(viewer),
        "simulation": control.state() if viewer.is_owner else "",
    }


async def _places(viewer: Viewer) -> list[Place]:
    places = [Place(path="/contacts", label=Text(N_("Contacts")), icon="users")]
    entries = [
        entry
        for plugin, entry in plugins.collect(hooks.polydesk_navigation)
        if (there := within(viewer, plugin.name)) is not None and (not entry.permission or there.can(entry.permission))
    ]
    places += [
        Place(path=entry.path, label=entry.label, icon=entry.icon)
        for entry in sorted(entries, key=lambda entry: entry.weight)
    ]
    places.append(Place(path="/people", label=Text(N_("People")), icon="user-circle"))
    if any(viewer.can(right) for right in ADMIN_RIGHTS):
        accounts = await channels.list_accounts(viewer)
        trouble = any(account.enabled and (account.trouble or account.unreadable) for account in accounts)
        places.append(Place(path="/admin", label=Text(N_("Settings")), icon="settings", trouble=trouble))
    return places


@get("/rail", guards=[guards.signed_in], include_in_schema=False)
async def rail_again(request: Req) -> htmx.Page:
    """The rail alone, when something changed."""
    assert request.user is not None
    html = htmx.render(request, "parts/rail.html", rail=await rail(request.user, at(request)))
    return htmx.fragment(html)


HANDLERS = [rail_again]

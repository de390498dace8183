"""What a menu's place is called, and who did what to it."""

from __future__ import annotations

from polydesk.fields import Choice
from polydesk.i18n import N_, _
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.types import Text
from polydesk.web.forms import whole
from polydesk_menus import service
from polydesk_menus.service import Menu

EVERYWHERE = "all"


async def place_name(client: int | None, market: int | None) -> str:
    """The client and market in words."""
    for each in await scopes.list_clients((client,) if client else ()):
        names = [each.name, *(one.name for one in each.markets if one.id == market)]
        return " · ".join(names)
    return _("Everywhere")


async def free_places(viewer: Viewer, taken: list[Menu]) -> list[Choice]:
    """Places that have no menu yet, as the options of a select."""
    used = {(menu.client, menu.market) for menu in taken}
    found = []
    if viewer.is_owner and (None, None) not in used:
        found.append(Choice(EVERYWHERE, Text(N_("Everywhere (where no other menu is)"))))
    for client in await scopes.list_clients(viewer.clients):
        if service.may(viewer, client.id, None) and (client.id, None) not in used:
            found.append(Choice(str(client.id), Text("{name}", {"name": client.name})))
        found += [
            Choice(f"{client.id}:{market.id}", Text("{client} · {name}", {"client": client.name, "name": market.name}))
            for market in client.markets
            if service.may(viewer, client.id, market.id) and (client.id, market.id) not in used
        ]
    return found


def place_of(value: str) -> tuple[int | None, int | None]:
    """The client and market of such an option."""
    if value == EVERYWHERE:
        return None, None
    client, _colon, market = value.partition(":")
    return whole(client), whole(market) if market else None


async def names(viewer: Viewer) -> dict[int, str]:
    """Colleagues by id."""
    return {each.id: each.name for each in await people.list_people(viewer)} | {viewer.id: viewer.name}

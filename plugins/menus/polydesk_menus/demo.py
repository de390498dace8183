"""A menu for each firm of the demo and each of its markets, with words in their languages."""

from __future__ import annotations

from collections.abc import Callable

from polydesk import db
from polydesk.i18n import _
from polydesk.scopes import service as scopes
from polydesk.staff import service as staff
from polydesk_menus import editing, service
from polydesk_menus.starters import LANGUAGES, starter


async def load(say: Callable[[str], None]) -> None:
    """Make and publish them."""
    owners = await db.fetch("SELECT id FROM pd_person WHERE is_owner ORDER BY id LIMIT 1")
    if not owners:
        return
    owner = await staff.viewer_by_id(int(owners[0]["id"]))
    say("Menus …")
    for client in await scopes.list_clients():
        # For accounts that serve the whole client, with a second version to compare.
        made = await service.create_menu(owner, client.id, None, client.name, starter(LANGUAGES))
        await service.publish(owner, made, _("First version"))
        await service.edit(owner, made, lambda tree: editing.move(tree, "s8", -1))
        await service.publish(owner, made, _("Payments stand first"), share=30)
        for market in client.markets:
            queue = await db.fetch(
                "SELECT id FROM pd_queue WHERE client = {} AND market = {} ORDER BY position, id LIMIT 1",
                client.id,
                market.id,
            )
            tree = starter(market.languages, int(queue[0]["id"]) if queue else None)
            made = await service.create_menu(owner, client.id, market.id, f"{client.name} · {market.name}", tree)
            await service.publish(owner, made, _("First version"))

"""Two contacts turn out to be one."""

from __future__ import annotations

from datetime import UTC, datetime

from polydesk import db, events, hooks, live
from polydesk.contacts import identify
from polydesk.contacts.service import get_contact
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.staff.access import Viewer
from polydesk.timeline import service as timeline
from polydesk.types import Scope


async def merge(viewer: Viewer, kept: int, merged: int) -> None:
    """Everything of `merged` belongs to `kept` from now on; `merged` stays as a pointer, so old links still lead on.

    Items of the timeline keep what they say; only whose they are changes, and one item tells of the merge.
    """
    one, other = await get_contact(viewer, kept), await get_contact(viewer, merged)
    viewer.require("contact.edit", one.client, one.market)
    if one.id == other.id or one.client != other.client:
        raise Invalid({"merged": _("Choose another contact of the same client.")})
    async with db.transaction():
        for table in ("pd_identity", "pd_conversation", "pd_item"):
            await db.fetch(f"UPDATE {table} SET contact = {{}} WHERE contact = {{}}", kept, merged)
        await db.fetch(
            "UPDATE pd_contact SET merged_into = {}, updated_at = {} WHERE id = {}", kept, datetime.now(UTC), merged
        )
        await timeline.append(
            "merged", client=one.client, contact=kept, person=viewer.id, data={"merged": merged, "name": other.name}
        )
        await events.announce(
            Scope(one.client, one.market),
            hooks.polydesk_contacts_merged,
            kept=await identify.load(kept),
            merged=merged,
        )
        live.signal(one.client, "contact", kept)

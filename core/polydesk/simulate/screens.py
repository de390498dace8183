"""One press brings a demo desk to life, and another lets it rest."""

from __future__ import annotations

from litestar import Response, post

from polydesk.errors import Forbidden
from polydesk.i18n import _
from polydesk.simulate import control
from polydesk.web import guards, htmx
from polydesk.web.htmx import Req


@post("/simulation", guards=[guards.signed_in], include_in_schema=False)
async def simulation(request: Req) -> Response[bytes]:
    """Start or stop, as the button says."""
    viewer = request.user
    if viewer is None or not viewer.is_owner:
        raise Forbidden(_("Only an owner may do this."))
    if str((await request.form()).get("do") or "") == "stop":
        await control.stop()
        return htmx.redirect("/inbox?view=all", _("Everybody is silent again."))
    control.start()
    return htmx.redirect("/inbox?view=all", _("People who do not exist begin to write. Answer them!"))


HANDLERS = [simulation]

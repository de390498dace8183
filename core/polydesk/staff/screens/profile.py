"""One's own name, language, colours, password, and whether one is ready for work."""

from __future__ import annotations

from typing import Annotated, Any, cast
from zoneinfo import available_timezones

import msgspec
from litestar import Response, get, post

from polydesk import i18n
from polydesk.conversations import assigning
from polydesk.errors import Invalid
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.staff import people
from polydesk.staff.access import Viewer
from polydesk.staff.screens.entering import LONG_ENOUGH
from polydesk.types import Text
from polydesk.web import guards, htmx, session
from polydesk.web.forms import Form
from polydesk.web.htmx import Page, Req

COLOURS = (
    Choice("auto", Text(N_("As the system"))),
    Choice("light", Text(N_("Light"))),
    Choice("dark", Text(N_("Dark"))),
)


class Preferences(msgspec.Struct, kw_only=True):
    """How the desk looks to one person."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="name")]
    language: Annotated[str, Field(label=Text(N_("Language of the screens")), input="select")]
    colours: Annotated[str, Field(label=Text(N_("Colours")), input="select", choices=COLOURS)]
    time_zone: Annotated[str, Field(label=Text(N_("Time zone")), input="select")]


class NewPassword(msgspec.Struct, kw_only=True):
    """The old password and the new."""

    old: Annotated[str, Field(label=Text(N_("Present password")), input="password", autocomplete="current-password")]
    password: Annotated[
        str, Field(label=Text(N_("New password")), input="password", autocomplete="new-password", help=LONG_ENOUGH)
    ]


def _preferences(viewer: Viewer, typed: Any = None) -> Form[Preferences]:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith(("Etc/", "SystemV/")))
    stored = Preferences(name=viewer.name, language=viewer.language, colours=viewer.colours, time_zone=viewer.time_zone)
    choices = {
        "language": [Choice(code, Text(i18n.own_name(code))) for code in i18n.languages()],
        "time_zone": [Choice(zone, Text(zone.replace("_", " "))) for zone in ("UTC", *zones)],
    }
    return Form(Preferences, typed, stored, choices=choices)


async def _show(request: Req, preferences: Form[Preferences], password: Form[NewPassword], status: int = 200) -> Page:
    return await htmx.page(request, "people/profile.html", status=status, preferences=preferences, password=password)


@get("/profile", guards=[guards.signed_in], include_in_schema=False)
async def profile(request: Req) -> Page:
    """One's own settings."""
    assert request.user is not None
    return await _show(request, _preferences(request.user), Form(NewPassword))


@post("/profile", guards=[guards.signed_in], include_in_schema=False)
async def save(request: Req) -> Page | Response[bytes]:
    """Keep them."""
    viewer = cast(Viewer, request.user)
    form = _preferences(viewer, await request.form())
    if form.value is not None:
        try:
            await people.save_preferences(viewer, **msgspec.structs.asdict(form.value))
        except Invalid as problem:
            form.refuse(problem)
        else:
            i18n.set_reader(form.value.language, form.value.time_zone)
            return htmx.redirect("/profile", _("Saved."))
    return await _show(request, form, Form(NewPassword), 422)


@post("/profile/password", guards=[guards.signed_in], include_in_schema=False)
async def change_password(request: Req) -> Page | Response[bytes]:
    """A new password ends every other session."""
    viewer = cast(Viewer, request.user)
    form = Form(NewPassword, await request.form())
    if form.value is not None:
        try:
            token = await people.change_password(
                viewer,
                old=form.value.old,
                new=form.value.password,
                browser=request.headers.get("user-agent", ""),
            )
        except Invalid as problem:
            form.refuse(problem)
        else:
            response = htmx.redirect("/profile", _("Your password is changed. Other browsers are signed out."))
            session.keep(response, token, https=request.app.state.https)
            return response
    return await _show(request, _preferences(viewer), form, 422)


@post("/presence", guards=[guards.signed_in], include_in_schema=False)
async def presence(request: Req) -> Response[bytes]:
    """Ready, away or offline."""
    form = await request.form()
    wanted = str(form.get("presence") or "")
    if wanted in ("ready", "away", "offline"):
        await assigning.set_presence(cast(Viewer, request.user), cast(Any, wanted))
    return htmx.redirect(htmx.here(str(form.get("next") or "")))


HANDLERS = [profile, save, change_password, presence]

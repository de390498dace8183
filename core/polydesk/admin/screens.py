"""The settings' start page, and what could not be read, plugins and background work."""

from __future__ import annotations

from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import jobs
from polydesk.admin import service, switch_screens
from polydesk.channels import service as channels
from polydesk.conversations.screens.attachments import download
from polydesk.errors import NotFound
from polydesk.i18n import _
from polydesk.inbound import service as inbound
from polydesk.plugin_settings import service as plugin_settings
from polydesk.staff.access import Viewer
from polydesk.web import guards, htmx, shell, slots
from polydesk.web.htmx import Page, Req

STATES: tuple[jobs.State, ...] = ("queued", "running", "failing", "waiting", "dead")


@get("/admin", guards=[guards.signed_in], include_in_schema=False)
async def overview(request: Req) -> Page | Response[bytes]:
    """What can be set up, and what needs attention."""
    viewer = cast(Viewer, request.user)
    if not any(viewer.can(right) for right in shell.ADMIN_RIGHTS):
        return htmx.redirect("/inbox")
    accounts = await channels.list_accounts(viewer)
    plugin_trouble = 0
    if viewer.can("plugin.manage"):
        listed = await service.list_plugins(viewer)
        plugin_trouble = sum(bool(plugin.unavailable or plugin.failures) for plugin in listed)
    return await htmx.page(
        request,
        "admin/overview.html",
        accounts=accounts,
        account_trouble=sum(bool(account.enabled and account.trouble) for account in accounts),
        unreadable=sum(account.unreadable for account in accounts),
        plugin_trouble=plugin_trouble,
        dead=(await jobs.counts())["dead"] if viewer.can("job.manage") else 0,
        slots=await slots.around(request, viewer, ("admin.section",)),
    )


@get("/admin/unreadable", guards=[guards.may("arrival.manage")], include_in_schema=False)
async def unreadable(request: Req) -> Page:
    """What arrived but could not be read."""
    return await htmx.page(
        request, "admin/unreadable.html", arrivals=await inbound.list_unreadable(cast(Viewer, request.user))
    )


@get("/admin/unreadable/{number:int}/raw", guards=[guards.may("arrival.manage")], include_in_schema=False)
async def raw(request: Req, number: FromPath[int]) -> Response[bytes]:
    """The bytes, to look at elsewhere."""
    return download(await inbound.raw(cast(Viewer, request.user), number), f"arrival-{number}.eml", "message/rfc822")


@post("/admin/unreadable/{number:int}/replay", guards=[guards.may("arrival.manage")], include_in_schema=False)
async def replay(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Try again."""
    await inbound.replay(cast(Viewer, request.user), number)
    return htmx.redirect("/admin/unreadable", _("It is being read again."))


@get("/admin/plugins", guards=[guards.may("plugin.manage")], include_in_schema=False)
async def plugins(request: Req) -> Page:
    """Every plugin and how it is, and what is left of those that were removed."""
    viewer = cast(Viewer, request.user)
    return await htmx.page(
        request,
        "admin/plugins.html",
        plugins=await service.list_plugins(viewer),
        removed=await service.removed_plugins(viewer),
        has_settings=plugin_settings.kind_of,
    )


@get("/admin/plugins/removed/{name:str}", guards=[guards.may("plugin.manage")], include_in_schema=False)
async def removed(request: Req, name: FromPath[str]) -> Page:
    """What would be erased, before it is."""
    gone = await service.removed_plugins(cast(Viewer, request.user))
    found = next((each for each in gone if each.name == name), None)
    if found is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return await htmx.page(request, "admin/plugin_removed.html", left=found)


@post("/admin/plugins/removed/{name:str}", guards=[guards.may("plugin.manage")], include_in_schema=False)
async def erase(request: Req, name: FromPath[str]) -> Page | Response[bytes]:
    """Erase it, once its name was typed."""
    viewer, form = cast(Viewer, request.user), await request.form()
    if str(form.get("typed") or "").strip(" \u2068\u2069") != name:
        return htmx.redirect(f"/admin/plugins/removed/{name}", _("Type the plugin's name to erase its data."))
    left = await service.erase_plugin(viewer, name)
    return htmx.redirect("/admin/plugins", _("Everything of %(name)s was erased.", name=left.label))


@post("/admin/plugins/{name:str}", guards=[guards.may("plugin.manage")], include_in_schema=False)
async def switch_plugin(request: Req, name: FromPath[str]) -> Response[bytes]:
    """On, off, or its record cleared."""
    viewer, form = cast(Viewer, request.user), await request.form()
    match str(form.get("do") or ""):
        case "on":
            await service.switch_plugin(viewer, name, True)
            return htmx.redirect("/admin/plugins", _("Switched on."))
        case "off":
            await service.switch_plugin(viewer, name, False)
            return htmx.redirect("/admin/plugins", _("Switched off."))
        case "forget":
            await service.forget_failures(viewer, name)
    return htmx.redirect("/admin/plugins")


@get("/admin/jobs", guards=[guards.may("job.manage")], include_in_schema=False)
async def background(request: Req) -> Page:
    """Background work by state; without one, the first that needs looking at."""
    viewer = cast(Viewer, request.user)
    state = request.query_params.get("state", "")
    counted: dict[Any, int] = dict(await jobs.counts())
    shown = state if state in STATES else next((each for each in ("dead", "failing") if counted[each]), "queued")
    listed = await service.list_jobs(viewer, cast(Any, shown))
    return await htmx.page(
        request, "admin/jobs.html", state=shown, states=STATES, counts=counted, jobs=listed, may_retry=viewer.is_owner
    )


@post("/admin/jobs/{number:int}/retry", guards=[guards.may("job.manage")], include_in_schema=False)
async def retry(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Run it again now."""
    await service.retry_job(cast(Viewer, request.user), number)
    return htmx.redirect("/admin/jobs", _("It will be tried again now."))


HANDLERS = [
    *switch_screens.HANDLERS,
    overview,
    unreadable,
    raw,
    replay,
    plugins,
    removed,
    erase,
    switch_plugin,
    background,
    retry,
]

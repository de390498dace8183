"""Channel accounts: each channel's form is made from its settings class."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import hooks, plugins
from polydesk.channel import Channel
from polydesk.channels import service
from polydesk.errors import Invalid, NotFound
from polydesk.fields import Choice, Field
from polydesk.i18n import N_, _
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.staff.screens.people import place_of, places
from polydesk.staff.within import within
from polydesk.types import CheckResult, Instruction, Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form
from polydesk.web.htmx import Page, Req

CHECK_SECONDS = 60.0
MAY = guards.may("account.manage")


class General(msgspec.Struct, kw_only=True):
    """What every account has, whatever its channel."""

    name: Annotated[str, Field(label=Text(N_("Name")), autocomplete="off", help=Text(N_("As colleagues will see it.")))]
    place: Annotated[str, Field(label=Text(N_("For")), input="select")]
    queue: Annotated[
        str,
        Field(
            label=Text(N_("Queue")),
            input="select",
            required=False,
            help=Text(N_("Where its conversations wait, unless a plugin says otherwise.")),
        ),
    ] = ""
    enabled: Annotated[bool, Field(label=Text(N_("Switched on")), input="checkbox")] = True


@get("/admin/accounts", guards=[MAY], include_in_schema=False)
async def accounts(request: Req) -> Page:
    """Every account and how it is."""
    viewer = cast(Viewer, request.user)
    return await htmx.page(
        request,
        "admin/accounts.html",
        accounts=await service.list_accounts(viewer),
        clients={client.id: client for client in await scopes.list_clients()},
    )


@get("/admin/accounts/new", guards=[MAY], include_in_schema=False)
async def choose(request: Req) -> Page | Response[bytes]:
    """Which channel? With only one there is nothing to choose."""
    found = _offered(cast(Viewer, request.user))
    if len(found) == 1:
        return htmx.redirect(f"/admin/accounts/new/{found[0].name}")
    return await htmx.page(request, "admin/channels.html", channels=found)


def _offered(viewer: Viewer) -> list[Channel]:
    """Channels whose plugin is on somewhere this person may set up accounts."""
    return [
        channel
        for plugin, channel in plugins.collect(hooks.polydesk_channels)
        if (there := within(viewer, plugin.name)) is not None and there.can("account.manage")
    ]


def _channel(name: str) -> Channel:
    found = service.find_channel(name)
    if found is None:
        raise NotFound(_("This channel is not available here."))
    return found[1]


async def _general(viewer: Viewer, typed: Any = None, stored: General | None = None) -> Form[General]:
    options = await places(viewer, "account.manage")
    waiting = [Choice("", Text(N_("The first queue")))]
    waiting += [Choice(str(each.id), Text("{name}", {"name": each.name})) for each in await queues.list_queues(viewer)]
    if stored is None and len(options) == 1:
        stored = General(name="", place=options[0].value)
    return Form(General, typed, stored, choices={"place": options, "queue": waiting})


async def _page(
    request: Req,
    channel: Channel,
    general: Form[General],
    settings: Form[Any],
    account: service.AccountView | None,
    *,
    checks: list[CheckResult] | None = None,
    status: int = 200,
) -> Page:
    return await htmx.page(
        request,
        "admin/account.html",
        status=status,
        channel=channel,
        general=general,
        settings=settings,
        account=account,
        checks=checks,
        instructions=_instructions(channel, settings),
        inspects=type(channel).inspect is not Channel.inspect,
        unfetched=account is not None and _listens(channel) and await scopes.sandboxed(account.client),
    )


def _listens(channel: Channel) -> bool:
    """Does the desk fetch, or do they call us?"""
    return type(channel).listen is not Channel.listen


def _instructions(channel: Channel, settings: Form[Any]) -> list[Instruction]:
    """What to enter on the service's side, once there is enough to say it."""
    known = settings.value if settings.value is not None else settings.stored
    return channel.instructions(known, service.hook(channel.name)) if known is not None else []


@post("/admin/accounts/{number:int}/inspect", guards=[MAY], include_in_schema=False)
async def inspect(request: Req, number: FromPath[int]) -> Response[bytes]:
    """Ask the service how the account is."""
    await service.inspect_account(cast(Viewer, request.user), number)
    return htmx.redirect(f"/admin/accounts/{number}", _("The service is being asked."))


@get("/admin/accounts/new/{channel:str}", guards=[MAY], include_in_schema=False)
async def new(request: Req, channel: FromPath[str]) -> Page:
    """The channel's form, empty."""
    found = _channel(channel)
    general = await _general(cast(Viewer, request.user))
    return await _page(request, found, general, Form(found.settings, prefix="s-"), None)


@get("/admin/accounts/{number:int}", guards=[MAY], include_in_schema=False)
async def account(request: Req, number: FromPath[int]) -> Page:
    """The form as it was saved; secrets stay where they are."""
    viewer = cast(Viewer, request.user)
    view = await service.get_account(viewer, number)
    found = _channel(view.channel)
    settings = Form(found.settings, stored=await service.account_settings(viewer, number), prefix="s-")
    return await _page(request, found, await _general(viewer, stored=_general_of(view)), settings, view)


def _general_of(view: service.AccountView) -> General:
    place = f"{view.client}:{view.market}" if view.market else str(view.client)
    return General(name=view.name, place=place, queue=str(view.queue or ""), enabled=view.enabled)


@post(["/admin/accounts/new/{channel:str}", "/admin/accounts/{number:int}"], guards=[MAY], include_in_schema=False)
async def save(request: Req, channel: FromPath[str] = "", number: FromPath[int] = 0) -> Page | Response[bytes]:
    """Save, or with the other button only test the connection."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    view = await service.get_account(viewer, number) if number else None
    found = _channel(view.channel if view else channel)
    stored = await service.account_settings(viewer, view.id) if view else None
    general = await _general(viewer, typed, _general_of(view) if view else None)
    settings: Form[Any] = Form(found.settings, typed, stored, prefix="s-")
    if str(typed.get("do") or "") == "check":
        general.errors.clear()
        general.message = ""
        checks = await _check(viewer, found, settings, number or None)
        return await _page(request, found, general, settings, view, checks=checks, status=200 if checks else 422)
    if general.value is None or settings.value is None:
        return await _page(request, found, general, settings, view, status=422)
    client, market = place_of(general.value.place)
    try:
        await service.save_account(
            viewer,
            channel=found.name,
            client=client,
            market=market,
            name=general.value.name,
            settings=settings.value,
            queue=int(general.value.queue) if general.value.queue else None,
            account=number or None,
            enabled=general.value.enabled,
        )
    except Invalid as problem:
        known = {spec.name for spec in settings.specs}
        (settings if problem.fields.keys() & known else general).refuse(problem)
        return await _page(request, found, general, settings, view, status=422)
    return htmx.redirect("/admin/accounts", _("Saved."))


async def _check(viewer: Viewer, channel: Channel, settings: Form[Any], account: int | None) -> list[CheckResult]:
    if settings.value is None:
        return []
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await service.check_account(viewer, channel.name, settings.value, account)
    except TimeoutError:
        step = Text(N_("Waiting for the other side"))
        advice = Text(N_("It did not answer in time. Check the host names and that this machine may connect to them."))
        return [CheckResult(step=step, ok=False, advice=advice)]
    except Invalid as problem:
        settings.refuse(problem)
        return []


HANDLERS = [accounts, choose, new, account, save, inspect]

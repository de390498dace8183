"""The form of a plugin's settings: drawn from its structure, each value with where it comes from."""

from __future__ import annotations

import hashlib
from types import SimpleNamespace
from typing import Any, cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import plugins
from polydesk.audit import service as audit
from polydesk.errors import Invalid, NotFound
from polydesk.fields import Choice, Field, fields_of, secret_names
from polydesk.i18n import N_, _, listing, render
from polydesk.plugin_settings import service, stored
from polydesk.plugin_settings.service import Value
from polydesk.scopes import service as scopes
from polydesk.scopes import switches
from polydesk.staff.access import Viewer
from polydesk.staff.screens.people import place_of, places
from polydesk.types import Scope, Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form, Input
from polydesk.web.htmx import Page, Req

EVERYWHERE = "everywhere"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One setting as the page draws it. `inherited` is what holds where it is not set here, in words."""

    input: Input
    own: bool
    inherited: str
    origin: str


@get("/admin/settings/{plugin:str}", guards=[guards.signed_in], include_in_schema=False)
async def settings(request: Req, plugin: FromPath[str]) -> Page:
    """What holds in one place."""
    viewer, kind = cast(Viewer, request.user), _kind(plugin)
    offered = await _places(viewer, kind)
    if not offered:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    at = request.query_params.get("at") or offered[0].value
    scope = _scope(at)
    await service.require(viewer, plugin, scope)
    held = await service.values(plugin, scope)
    form = Form(kind, stored=_held(kind, held), prefix="s-", keeps_secrets=True)
    own = frozenset(name for name, value in held.items() if value.origin == scope)
    return await _page(request, plugin, at, offered, form, own)


@post("/admin/settings/{plugin:str}", guards=[guards.signed_in], include_in_schema=False)
async def save(request: Req, plugin: FromPath[str]) -> Page | Response[bytes]:
    """Keep what is set here; everything else is inherited again."""
    viewer, kind, typed = cast(Viewer, request.user), _kind(plugin), await request.form()
    at = str(typed.get("at") or "")
    scope = _scope(at)
    await service.require(viewer, plugin, scope)
    own = frozenset(str(each) for each in typed.getall("own", [])) & fields_of(kind).keys()
    held = await service.values(plugin, scope)
    form = Form(kind, typed, _held(kind, held), prefix="s-", keeps_secrets=True, only=own)
    if not form.errors and typed.get("seen") != await _seen(plugin, scope):
        form.message = _("Somebody changed something here meanwhile; see below. Look again, then save once more.")
    if not form.errors and not form.message:
        # What is kept of a secret is what the service has, not the blank the form was drawn with.
        given = {name: ("" if value == "•" else value) for name, value in form.given.items()}
        try:
            await service.save(viewer, plugin, scope, given)
            return htmx.redirect(f"/admin/settings/{plugin}?at={at}", _("Saved. It holds at once."))
        except Invalid as error:
            form.refuse(error)
    return await _page(request, plugin, at, await _places(viewer, kind), form, own, status=422)


async def _page(
    request: Req, plugin: str, at: str, offered: list[Choice], form: Form[Any], own: frozenset[str], status: int = 200
) -> Page:
    viewer, scope = cast(Viewer, request.user), _scope(at)
    names = await _names()
    above = await service.values(plugin, _above(scope)) if scope != Scope() else service.defaults(_kind(plugin))
    groups = []
    for heading, inputs in form.groups():
        lines = []
        for each in inputs:
            name = each.name.removeprefix("s-")
            value = above[name]
            lines.append(
                Line(
                    input=each, own=name in own, inherited=_said(each.field, value),
                    origin=names[value.origin] if value.origin is not None else "",
                )
            )  # fmt: skip
        groups.append((heading, lines))
    changes = await audit.latest(service.CHANGED, bound="TRUE" if viewer.is_owner else viewer.bound("c"), most=200)
    info = plugins.registry().plugins[plugin].info
    return await htmx.page(
        request, "admin/plugin_settings.html", status=status, plugin=plugin, label=info.label if info else plugin,
        at=at, places=offered, form=form, groups=groups, on=switches.is_on(plugin, scope), names=names,
        seen=await _seen(plugin, scope),
        changes=[each for each in changes if each.data.get("plugin") == plugin and each.scope == scope][:10],
        labels={name: field.label for name, field in fields_of(_kind(plugin)).items()},
    )  # fmt: skip


async def _seen(plugin: str, scope: Scope) -> str:
    """Names what is set here, so that nobody takes back what they never saw."""
    return hashlib.sha256(msgspec.json.encode(await stored.own(plugin, scope), order="sorted")).hexdigest()[:16]


async def _places(viewer: Viewer, kind: type[msgspec.Struct]) -> list[Choice]:
    everywhere = [Choice(EVERYWHERE, Text(N_("The whole installation")))] if viewer.is_owner else []
    return [*everywhere, *await places(viewer, service.right_for(kind))]


async def _names() -> dict[Scope, str]:
    found = {Scope(): _("The whole installation")}
    for client in await scopes.list_clients():
        found[Scope(client.id)] = client.name
        found |= {Scope(client.id, market.id): f"{client.name} · {market.name}" for market in client.markets}
    return found


def _held(kind: type[msgspec.Struct], held: dict[str, Value]) -> Any:
    """The settings as a form takes them: not checked, since what is missing may still be set."""
    hidden = secret_names(kind)
    return SimpleNamespace(**{name: "" if name in hidden else value.value for name, value in held.items()})


def _said(field: Field, value: Value) -> str:
    if value.missing:
        return _("set nowhere yet")
    it = value.value
    if field.input == "secret":
        return _("stored") if it else _("none")
    if isinstance(it, bool):
        return _("yes") if it else _("no")
    if isinstance(it, list | tuple):
        return listing([str(each) for each in it]) or _("nothing")
    return next((render(each.label) for each in field.choices if each.value == str(it)), str(it or "")) or _("nothing")


def _above(scope: Scope) -> Scope:
    return Scope(scope.client) if scope.market is not None else Scope()


def _scope(at: str) -> Scope:
    return Scope() if at == EVERYWHERE else Scope(*place_of(at))


def _kind(plugin: str) -> type[msgspec.Struct]:
    kind = service.kind_of(plugin)
    if kind is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return kind


HANDLERS = [settings, save]

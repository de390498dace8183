"""Read a plugin's settings as they hold in a scope, and set them there."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, TypeVar, get_type_hints

import msgspec

from polydesk import db, hooks, plugins, secrets
from polydesk.audit import service as audit
from polydesk.errors import Invalid, NotFound, PolydeskError
from polydesk.fields import fields_of, secret_names
from polydesk.i18n import N_, _
from polydesk.plugin_settings import stored
from polydesk.scopes import service as scopes
from polydesk.staff.access import Viewer
from polydesk.types import Scope, Text

log = logging.getLogger("polydesk.plugin_settings")
T = TypeVar("T", bound=msgspec.Struct)
CHANGED = "settings.changed"


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What a field holds in a scope and who says so: `origin` None is the plugin itself (its default).

    Without a default and set nowhere, `missing`. Of a secret only whether there is one is ever told: "" or "•".
    """

    value: Any = None
    origin: Scope | None = None
    missing: bool = False


def kind_of(plugin: str) -> type[msgspec.Struct] | None:
    """The settings class of a plugin, if it has one."""
    return next((kind for owner, kind in plugins.collect(hooks.polydesk_settings) if owner.name == plugin), None)


def right_for(kind: type[msgspec.Struct]) -> str:
    """The right it takes to change them: the class's own `permission`, else that of the admins of plugins."""
    return str(getattr(kind, "permission", "plugin.manage"))


async def of(kind: type[T], scope: Scope) -> T:
    """A plugin's settings as they hold in a scope: market over client over installation over defaults, by field.

    `PolydeskError` when a field without a default is set nowhere. Values that a newer or older version of the plugin
    left behind and that fit no more are passed over, and said in the log.
    """
    plugin = next((owner.name for owner, entry in plugins.collect(hooks.polydesk_settings) if entry is kind), "")
    if not plugin:
        raise LookupError(f"{kind.__name__} is in no plugin's polydesk_settings")
    known = await stored.layers(plugin)
    given: dict[str, Any] = {}
    for place in ladder(scope):
        given |= _fitting(plugin, kind, known.get(place, {}))
    try:
        return kind(**given)
    except (TypeError, ValueError, PolydeskError) as error:
        required = Text(N_("The plugin {plugin} is not set up here: {words}"), {"plugin": plugin, "words": str(error)})
        raise PolydeskError(required) from error


async def values(plugin: str, scope: Scope) -> dict[str, Value]:
    """Each field, what it holds in this scope and where that comes from."""
    kind = _kind(plugin)
    known = await stored.layers(plugin)
    hidden = secret_names(kind)
    found = defaults(kind)
    for place in ladder(scope):
        for name, value in known.get(place, {}).items():
            if name in found:
                found[name] = Value(value=("•" if value else "") if name in hidden else value, origin=place)
    return found


def defaults(kind: type[msgspec.Struct]) -> dict[str, Value]:
    """Each field as the plugin itself says, before anything was set."""
    found: dict[str, Value] = {}
    for info in msgspec.structs.fields(kind):
        if info.name in fields_of(kind):
            made = info.default_factory() if info.default_factory is not msgspec.NODEFAULT else info.default
            found[info.name] = Value(value=None if info.required else made, missing=info.required)
    return found


async def save(viewer: Viewer, plugin: str, scope: Scope, values: Mapping[str, Any]) -> None:
    """Set these fields at this scope, and let all others be inherited. An empty secret keeps the one that is set."""
    await require(viewer, plugin, scope)
    kind = _kind(plugin)
    before = await stored.own(plugin, scope)
    given = _sealed(kind, values)
    for name in secret_names(kind) & given.keys():
        if not given[name]:
            if not before.get(name):
                raise Invalid({name: _("Fill this in.")})
            given[name] = before[name]
    await _check(plugin, kind, scope, given)
    await _check_below(plugin, kind, scope, given)
    async with db.transaction():
        await stored.keep(plugin, scope, given)
        await audit.record(CHANGED, scope, viewer.id, _change(plugin, kind, before, given))


async def store(plugin: str, scope: Scope, values: Mapping[str, Any], person: int | None = None) -> None:
    """Set these fields at this scope without asking who: for packs and demo data. Secrets set there stay."""
    kind = _kind(plugin)
    before = await stored.own(plugin, scope)
    given = {name: before[name] for name in secret_names(kind) & before.keys()} | _sealed(kind, values)
    await _check(plugin, kind, scope, given)
    async with db.transaction():
        await stored.keep(plugin, scope, given)
        await audit.record(CHANGED, scope, person, _change(plugin, kind, before, given))


async def own(plugin: str, scope: Scope) -> dict[str, Any]:
    """What is set at exactly this scope, without the secrets."""
    hidden = secret_names(_kind(plugin))
    return {name: value for name, value in (await stored.own(plugin, scope)).items() if name not in hidden}


async def misfits(plugin: str) -> list[str]:
    """What is stored for a plugin somewhere and fits its settings no more, or cannot be opened."""
    kind, wrong = _kind(plugin), list[str]()
    for scope, sealed in (await stored.layers(plugin)).items():
        try:
            values = _open(kind, sealed)
        except PolydeskError as error:
            wrong.append(f"at {tuple(scope)}: {error}")
            continue
        for name in sealed.keys() - fields_of(kind).keys():
            wrong.append(f"{name} at {tuple(scope)} is not known any more")
        for name, value in values.items():
            try:
                msgspec.convert(value, kind_fields(kind)[name])
            except msgspec.ValidationError as error:
                wrong.append(f"{name} at {tuple(scope)}: {error}")
    return wrong


async def require(viewer: Viewer, plugin: str, scope: Scope) -> None:
    """What holds for the whole installation is for its owners; the rest for whoever has the right there."""
    kind = _kind(plugin)
    if scope.client is None and not viewer.is_owner:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    await scopes.belongs(scope.client, scope.market)
    viewer.require(right_for(kind), scope.client, scope.market)


def ladder(scope: Scope) -> tuple[Scope, ...]:
    """The scopes a value may come from, the widest first."""
    return tuple(dict.fromkeys((Scope(), Scope(scope.client), scope)))


def kind_fields(kind: type[msgspec.Struct]) -> dict[str, Any]:
    """The type of each field."""
    return get_type_hints(kind, include_extras=True)


async def _check(plugin: str, kind: type[msgspec.Struct], scope: Scope, given: Mapping[str, Any]) -> None:
    """`Invalid` when the values do not go together with what is inherited; what is still missing may come below."""
    known = await stored.layers(plugin)
    whole: dict[str, Any] = {}
    for place in ladder(scope)[:-1] if scope != Scope() else ():
        whole |= _fitting(plugin, kind, known.get(place, {}))
    for name, value in _open(kind, given).items():
        try:
            whole[name] = msgspec.convert(msgspec.to_builtins(value), kind_fields(kind)[name])
        except msgspec.ValidationError as error:
            raise Invalid({name: str(error)}) from error
    if any(info.required and info.name not in whole for info in msgspec.structs.fields(kind)):
        return
    try:
        kind(**whole)
    except ValueError as error:
        raise Invalid(message=str(error)) from error


async def _check_below(plugin: str, kind: type[msgspec.Struct], scope: Scope, given: Mapping[str, Any]) -> None:
    """`Invalid` when somewhere further down what is set there would not go together with this any more."""
    now = {**await stored.layers(plugin)}
    then = {**now, scope: dict(given)}
    for place in now:
        if place == scope or scope not in ladder(place):
            continue
        if _holds(plugin, kind, place, now) and not _holds(plugin, kind, place, then):
            names = {Scope(client.id): client.name for client in await scopes.list_clients()}
            for client in await scopes.list_clients():
                names |= {Scope(client.id, market.id): f"{client.name} · {market.name}" for market in client.markets}
            where = names.get(place, "")
            raise Invalid(
                message=_("This would not go together with what is set for %(place)s. Look there first.", place=where)
            )


def _holds(plugin: str, kind: type[msgspec.Struct], place: Scope, layers: Mapping[Scope, Mapping[str, Any]]) -> bool:
    whole: dict[str, Any] = {}
    for each in ladder(place):
        whole |= _fitting(plugin, kind, layers.get(each, {}))
    try:
        kind(**whole)
    except (TypeError, ValueError, PolydeskError):
        return False
    return True


def _sealed(kind: type[msgspec.Struct], values: Mapping[str, Any]) -> dict[str, Any]:
    """As they are kept: what is typed is sealed, whatever it looks like."""
    hidden = secret_names(kind)
    return {name: secrets.encrypt(value) if name in hidden else value for name, value in values.items()}


def _fitting(plugin: str, kind: type[msgspec.Struct], sealed: Mapping[str, Any]) -> dict[str, Any]:
    """What still fits of what is stored somewhere."""
    found = {}
    for name, value in _open(kind, sealed).items():
        try:
            found[name] = msgspec.convert(value, kind_fields(kind)[name])
        except msgspec.ValidationError as error:
            log.warning("%s: what is set for %s does not fit it any more: %s", plugin, name, error)
    return found


def _open(kind: type[msgspec.Struct], sealed: Mapping[str, Any]) -> dict[str, Any]:
    hidden, known = secret_names(kind), fields_of(kind)
    return {
        name: secrets.decrypt(value) if name in hidden and isinstance(value, str) else value
        for name, value in sealed.items()
        if name in known
    }


def _kind(plugin: str) -> type[msgspec.Struct]:
    kind = kind_of(plugin)
    if kind is None:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    return kind


def _change(
    plugin: str, kind: type[msgspec.Struct], before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, Any]:
    """What the book says of it: of secrets only that they changed."""
    hidden = secret_names(kind)
    now = msgspec.to_builtins(dict(after))
    return {
        "plugin": plugin,
        "before": {name: value for name, value in before.items() if name not in hidden},
        "after": {name: value for name, value in now.items() if name not in hidden},
        "secrets": sorted(name for name in hidden if before.get(name) != now.get(name)),
    }

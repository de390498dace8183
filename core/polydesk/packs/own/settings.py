"""Plugins' settings at this very place, without their secrets."""

from __future__ import annotations

from typing import Any

from polydesk import hooks, plugins
from polydesk.errors import Invalid
from polydesk.fields import fields_of, secret_names
from polydesk.i18n import N_, _
from polydesk.plugin_settings import service
from polydesk.types import PackPart, Scope, Text


async def read(scope: Scope) -> dict[str, Any]:
    """What is set here, by plugin."""
    names = sorted(owner.name for owner, _kind in plugins.collect(hooks.polydesk_settings))
    found = {name: dict(sorted((await service.own(name, scope)).items())) for name in names}
    return {name: values for name, values in found.items() if values}


async def write(scope: Scope, key: str, values: Any, person: int | None) -> None:
    """Make them so; the secrets that are there stay."""
    kind = service.kind_of(key)
    if kind is None:
        raise Invalid(message=_("The plugin %(name)s has no settings here.", name=key))
    if not isinstance(values, dict | None):
        raise Invalid(message=_("This must be names with values."))
    given = values or {}
    if told := next((name for name in given if name in secret_names(kind)), None):
        raise Invalid({told: _("Secrets do not belong into a pack.")})
    if unknown := next((name for name in given if name not in fields_of(kind)), None):
        raise Invalid({unknown: _("There is no such field.")})
    await service.store(key, scope, given, person)


# Each plugin's settings have a right of their own beside, see `packs.rights`.
PART = PackPart(name="core.settings", label=Text(N_("Plugin settings")), read=read, write=write, weight=20)

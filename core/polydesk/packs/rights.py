"""What a person may see and set of a configuration: what they may on its own screens, and no more by a pack."""

from __future__ import annotations

from collections.abc import Iterable

from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.packs import parts
from polydesk.packs.own import settings
from polydesk.packs.shapes import Content
from polydesk.plugin_settings import service as plugin_settings
from polydesk.staff.access import Viewer
from polydesk.types import PackPart, Scope


def may(viewer: Viewer, part: PackPart, scope: Scope, key: str) -> bool:
    """May this person see and set one entry? The right to packs at all is asked before."""
    right = _right(part, key)
    return not right or viewer.can(right, scope.client, scope.market)


def _right(part: PackPart, key: str) -> str:
    if part.name == settings.PART.name and (kind := plugin_settings.kind_of(key)) is not None:
        return plugin_settings.right_for(kind)
    return part.permission


def require(viewer: Viewer, part: PackPart, scope: Scope, key: str) -> None:
    """`Invalid` with the reason when they may not."""
    if not may(viewer, part, scope, key):
        raise Invalid(message=refusal())


def refusal() -> str:
    """Why an entry is not set."""
    return _("You may not set this on its own screen, so not by a pack or copy either.")


def seen(viewer: Viewer, content: Content, scopes: Iterable[Scope]) -> Content:
    """The same without what the viewer may not see in one of these places; unknown parts are nobody's."""
    known, where = {each.part.name: each.part for each in parts.parts()}, tuple(scopes)
    found: Content = {}
    for name, entries in content.items():
        part = known.get(name)
        left = {
            key: values
            for key, values in entries.items()
            if part is None or all(may(viewer, part, scope, key) for scope in where)
        }
        if left:
            found[name] = left
    return found


def spoken_for(viewer: Viewer, scopes: Iterable[Scope]) -> list[str]:
    """The parts a pack that this person takes home can speak for: those they see."""
    where = tuple(scopes)
    return [each.part.name for each in parts.parts() if all(_sees(viewer, each.part, scope) for scope in where)]


def _sees(viewer: Viewer, part: PackPart, scope: Scope) -> bool:
    return not part.permission or viewer.can(part.permission, scope.client, scope.market)

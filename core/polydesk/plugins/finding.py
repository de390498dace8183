"""Find plugins by entry point and take in those that are fit; the others are named with the reason."""

from __future__ import annotations

import importlib
import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterable
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import msgspec
import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from polydesk import hooks
from polydesk.plugins.kinds import element_type, kind_of, specifications, why_unfit
from polydesk.types import PluginInfo

log = logging.getLogger("polydesk.plugins")
GROUP = "polydesk"


class Plugin(msgspec.Struct, kw_only=True):
    """An installed plugin: where it came from, what it implements, and why it is unavailable if it is."""

    name: str
    module_name: str
    distribution: str = ""
    version: str = ""
    module: ModuleType | None = None
    info: PluginInfo | None = None
    hooks: tuple[str, ...] = ()
    unavailable: str = ""

    @property
    def available(self) -> bool:
        """Is it in use (where it is switched on)?"""
        return not self.unavailable


class Implementation(msgspec.Struct, frozen=True):
    """One plugin's answer to one hook, ready to call."""

    plugin: Plugin
    function: Callable[..., Any]
    arguments: tuple[str, ...]


class Registry:
    """The plugins of one process, and what they contribute."""

    def __init__(self) -> None:
        self.plugins: dict[str, Plugin] = {}
        self.contributions: dict[str, list[tuple[Plugin, Any]]] = {}
        self._manager = pluggy.PluginManager("polydesk")
        self._manager.add_hookspecs(hooks)
        self._specifications = specifications()
        self._cache: dict[tuple[str, frozenset[str] | None], tuple[Implementation, ...]] = {}

    def add(self, plugin: Plugin) -> None:
        """Check a plugin and take it in; when it is unfit, keep it with its reason and nothing of it in use."""
        self.plugins[plugin.name] = plugin
        self._cache.clear()
        try:
            plugin.unavailable = self._take(plugin)
        except (Exception, SystemExit) as error:
            plugin.unavailable = f"{type(error).__name__}: {error}"
            log.warning("plugin %s could not be loaded\n%s", plugin.name, traceback.format_exc())
        if plugin.unavailable:
            if self._manager.has_plugin(plugin.name):
                self._manager.unregister(name=plugin.name)
            for name in self.contributions:
                self.contributions[name] = [pair for pair in self.contributions[name] if pair[0] is not plugin]
            log.warning("plugin %s is unavailable: %s", plugin.name, plugin.unavailable)

    def _take(self, plugin: Plugin) -> str:
        if plugin.module is None:
            plugin.module = importlib.import_module(plugin.module_name)
        info = getattr(plugin.module, "PLUGIN", None)
        if not isinstance(info, PluginInfo):
            return f"{plugin.module_name} has no PLUGIN = polydesk.PluginInfo(…)."
        plugin.info = info
        if reason := _wrong_version(info.requires):
            return reason
        found: list[str] = []
        for name in dir(plugin.module):
            options = self._manager.parse_hookimpl_opts(plugin.module, name)
            if options is None:
                continue
            if name not in self._specifications:
                return f"It implements {name}, a hook that this version of Polydesk does not have."
            if options["hookwrapper"] or options["wrapper"]:
                return f"{name} is a wrapper; Polydesk has none."
            if reason := why_unfit(self._specifications[name], getattr(plugin.module, name)):
                return reason
            found.append(name)
        plugin.hooks = tuple(found)
        self._manager.register(plugin.module, name=plugin.name)
        return self._collect(plugin)

    def _collect(self, plugin: Plugin) -> str:
        gathered: dict[str, list[tuple[Plugin, Any]]] = {}
        for name in plugin.hooks:
            spec = self._specifications[name]
            if kind_of(spec) != "contribution":
                continue
            answer = getattr(plugin.module, name)()
            wanted = element_type(spec)
            if not isinstance(answer, list) or not all(isinstance(entry, wanted) for entry in answer):
                return f"{name} must return a list of {wanted.__name__}."
            if reason := self._clash(plugin, name, answer):
                return reason
            gathered[name] = [(plugin, entry) for entry in answer]
        for name, pairs in gathered.items():
            self.contributions.setdefault(name, []).extend(pairs)
        return ""

    def _clash(self, plugin: Plugin, hook: str, entries: list[Any]) -> str:
        prefix = f"{plugin.name}."
        if hook == "polydesk_routers":
            home = f"/p/{plugin.name}"
            bad = [router.path for router in entries if router.path != home and not router.path.startswith(home + "/")]
            return f"Its route {bad[0]} is outside {home}." if bad else ""
        if hook == "polydesk_jobs" and (bad := [job.name for job in entries if not job.name.startswith(prefix)]):
            return f"Its job {bad[0]} must be named {prefix}…"
        if hook in ("polydesk_channels", "polydesk_strategies", "polydesk_item_kinds", "polydesk_permissions"):
            taken = {entry.name: owner.name for owner, entry in self.contributions.get(hook, ())}
            for entry in entries:
                if entry.name in taken:
                    return f"{entry.name} (of {hook}) exists already, in the plugin {taken[entry.name]}."
        return ""

    def implementations(self, name: str, enabled: frozenset[str] | None) -> tuple[Implementation, ...]:
        """Who answers a hook where these plugins are on, in calling order: tryfirst, plain, trylast, then by name."""
        key = (name, enabled)
        if (found := self._cache.get(key)) is not None:
            return found
        caller = getattr(self._manager.hook, name)
        ranked = sorted(caller.get_hookimpls(), key=lambda each: (each.trylast - each.tryfirst, each.plugin_name))
        result = tuple(
            Implementation(self.plugins[each.plugin_name], each.function, tuple(each.argnames))
            for each in ranked
            if enabled is None or each.plugin_name in enabled
        )
        self._cache[key] = result
        return result


def _wrong_version(requires: str) -> str:
    from polydesk import __version__

    try:
        if requires and not SpecifierSet(requires).contains(__version__, prereleases=True):
            return f"It needs Polydesk {requires}; this is {__version__}."
    except InvalidSpecifier:
        return f"PLUGIN.requires is not a version range: {requires!r}."
    return ""


def load(entries: Iterable[EntryPoint] | None = None) -> Registry:
    """Take in every installed plugin (or just these entry points) and make the result this process's registry."""
    found = sorted(
        entry_points(group=GROUP) if entries is None else entries, key=lambda entry: (entry.name, entry.value)
    )
    counts = Counter(entry.name for entry in found)
    fresh = Registry()
    for entry in found:
        origin = entry.dist
        plugin = Plugin(
            name=entry.name,
            module_name=entry.value,
            distribution=origin.name if origin else "",
            version=origin.version if origin else "",
        )
        if counts[entry.name] > 1 and entry.name in fresh.plugins:
            # Which of two strangers is meant cannot be known: neither is used, and both are named.
            first = fresh.plugins[entry.name]
            reason = (
                f"Two installed packages call themselves {entry.name}: {first.distribution or first.module_name} and "
            )
            first.unavailable = reason + f"{plugin.distribution or plugin.module_name}. Remove one."
            continue
        if counts[entry.name] > 1:
            plugin.unavailable = "Its name is taken twice."
            fresh.plugins[entry.name] = plugin
            continue
        fresh.add(plugin)
    use(fresh)
    return fresh


_registry = Registry()


def registry() -> Registry:
    """The plugins of this process."""
    return _registry


def use(fresh: Registry) -> None:
    """Make this the process's registry."""
    global _registry  # noqa: PLW0603 - one registry per process
    _registry = fresh

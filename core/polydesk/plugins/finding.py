"""Find plugins by entry point and take in those that are fit; the others are named with the reason."""

from __future__ import annotations

import importlib
import logging
import re
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

import msgspec
import pluggy
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from polydesk import guarded, hooks
from polydesk.channel import Channel
from polydesk.plugins import reasons
from polydesk.plugins.checking import misfit
from polydesk.plugins.kinds import deprecation_of, element_type, kind_of, specifications, why_unfit
from polydesk.plugins.reasons import Reason
from polydesk.types import PluginInfo, Text

log = logging.getLogger("polydesk.plugins")
GROUP = "polydesk"
OURS = "polydesk"
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
RESERVED = frozenset(("core", "migration", "pd", "pg", "polydesk", "sqlite"))
_NAMED = (
    "polydesk_channels", "polydesk_strategies", "polydesk_item_kinds", "polydesk_permissions", "polydesk_themes"
)  # fmt: skip


class Plugin(msgspec.Struct, kw_only=True):
    """An installed plugin: where it came from, what it implements, and why it is unavailable if it is."""

    name: str
    module_name: str
    distribution: str = ""
    version: str = ""
    module: ModuleType | None = None
    info: PluginInfo | None = None
    hooks: tuple[str, ...] = ()
    deprecated: tuple[str, ...] = ()
    """What it uses that will go, a sentence each."""
    reason: Reason | None = None

    @property
    def available(self) -> bool:
        """Is it in use (where it is switched on)?"""
        return self.reason is None

    @property
    def unavailable(self) -> Text | None:
        """Why it is not in use; `reason` also says what to do about it."""
        return self.reason.words if self.reason else None

    @property
    def package(self) -> str:
        """What pip calls it."""
        return self.distribution or self.module_name

    @property
    def folder(self) -> Path | None:
        """Where its templates, static files and catalogues are."""
        path = getattr(self.module, "__file__", None)
        return Path(str(path)).parent if path else None


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
        before = guarded.megabytes()
        try:
            reason = self._take(plugin)
        except guarded.TooSlow:
            reason = reasons.too_slow(plugin.package, plugin.module_name, guarded.SECONDS)
        except ModuleNotFoundError as error:
            reason = _missing(plugin, error)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            reason = reasons.raised(plugin.package, error)
            log.warning("plugin %s could not be loaded\n%s", plugin.name, traceback.format_exc())
        grown = guarded.megabytes() - before
        if reason is None and grown > guarded.MOST_MEGABYTES:
            reason = reasons.too_much_memory(plugin.package, grown, guarded.MOST_MEGABYTES)
        if reason is not None:
            self.leave_out(plugin, reason)

    def leave_out(self, plugin: Plugin, reason: Reason) -> None:
        """Use nothing of a plugin any more, and say why."""
        plugin.reason = reason
        self._cache.clear()
        if self._manager.has_plugin(plugin.name):
            self._manager.unregister(name=plugin.name)
        for name in self.contributions:
            self.contributions[name] = [pair for pair in self.contributions[name] if pair[0] is not plugin]
        log.warning("plugin %s is unavailable: %s", plugin.name, reason)

    def _take(self, plugin: Plugin) -> Reason | None:
        if plugin.module is None:
            plugin.module = guarded.run(lambda: importlib.import_module(plugin.module_name))
        info = getattr(plugin.module, "PLUGIN", None)
        if not isinstance(info, PluginInfo) or misfit(info, PluginInfo):
            return reasons.no_info(plugin.package, plugin.module_name)
        plugin.info = info
        if reason := _wrong_version(plugin.package, info.requires):
            return reason
        found: list[str] = []
        for name in dir(plugin.module):
            options = self._manager.parse_hookimpl_opts(plugin.module, name)
            if options is None:
                continue
            if name not in self._specifications:
                return reasons.unknown_hook(plugin.package, name)
            if options["hookwrapper"] or options["wrapper"]:
                return reasons.unfit(plugin.package, f"{name} is a wrapper; Polydesk has none.")
            if words := why_unfit(self._specifications[name], getattr(plugin.module, name)):
                return reasons.unfit(plugin.package, words)
            found.append(name)
        plugin.hooks = tuple(found)
        plugin.deprecated = tuple(
            f"{name}, deprecated since Polydesk {going.since} and gone in {going.until}: use {going.instead}"
            for name in found
            if (going := deprecation_of(self._specifications[name])) is not None
        )
        for words in plugin.deprecated:
            log.warning("plugin %s uses %s", plugin.name, words)
        if (path := astray(plugin)) is not None:
            return reasons.astray(plugin.package, path)
        self._manager.register(plugin.module, name=plugin.name)
        gathered = guarded.run(lambda: self._gather(plugin))
        if isinstance(gathered, Reason):
            return gathered
        for name, entries in gathered.items():
            self.contributions.setdefault(name, []).extend((plugin, entry) for entry in entries)
        return None

    def _gather(self, plugin: Plugin) -> dict[str, list[Any]] | Reason:
        gathered: dict[str, list[Any]] = {}
        for name in plugin.hooks:
            spec = self._specifications[name]
            if kind_of(spec) != "contribution":
                continue
            answer = getattr(plugin.module, name)()
            wanted = element_type(spec)
            words = misfit(answer, list[wanted])  # type: ignore[valid-type]
            words = words or next((found for each in answer if (found := _odd(each))), "")
            if words:
                return reasons.nonsense(plugin.package, name, wanted.__name__, f"it {words}")
            if reason := self._clash(plugin, name, answer):
                return reason
            gathered[name] = answer
        return gathered

    def _clash(self, plugin: Plugin, hook: str, entries: list[Any]) -> Reason | None:
        package, prefix = plugin.package, f"{plugin.name}."
        if hook == "polydesk_routers":
            home = f"/p/{plugin.name}"
            bad = [router.path for router in entries if router.path != home and not router.path.startswith(home + "/")]
            return reasons.outside(package, bad[0], home) if bad else None
        if hook == "polydesk_schedules" and (bad := [e.job for e in entries if not str(e.job).startswith(prefix)]):
            return reasons.outside(package, bad[0], prefix)
        named = hook in ("polydesk_jobs", "polydesk_pack_parts")
        if named and (bad := [entry.name for entry in entries if not entry.name.startswith(prefix)]):
            return reasons.outside(package, bad[0], prefix)
        if hook in _NAMED:
            known = {entry.name: owner.name for owner, entry in self.contributions.get(hook, ())}
            for entry in entries:
                if (name := getattr(entry, "name", None)) in known or not isinstance(name, str):
                    return reasons.taken(package, f"{name} ({hook})", known.get(str(name), "?"))
        return None

    @property
    def out_of_use(self) -> frozenset[str]:
        """Names, and modules, of what may not be imported, not even for the sake of its tables."""
        left = [plugin for plugin in self.plugins.values() if not plugin.available]
        used = {plugin.module_name for plugin in self.plugins.values() if plugin.available}
        return frozenset({each.name for each in left} | ({each.module_name for each in left} - used))

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


def _odd(entry: Any) -> str:
    """What a channel must say of itself and does not: its class is its own, so nobody else has looked."""
    if not isinstance(entry, Channel):
        return ""
    for name, kind in (("name", str), ("label", Text), ("handle_kind", str), ("settings", type), ("icon", str)):
        if words := misfit(getattr(entry, name, None), kind):
            return f"has a channel whose {name} {words}"
    return ""


def _missing(plugin: Plugin, error: ModuleNotFoundError) -> Reason:
    """Its own module, or a library that it needs?"""
    missing = error.name or str(error)
    if plugin.module_name == missing or plugin.module_name.startswith(f"{missing}."):
        return reasons.module_missing(plugin.package, missing)
    return reasons.library_missing(plugin.package, missing)


def _wrong_version(package: str, requires: str) -> Reason | None:
    from polydesk import __version__

    try:
        if requires and not SpecifierSet(requires).contains(__version__, prereleases=True):
            return reasons.wrong_version(package, requires, __version__)
    except InvalidSpecifier:
        return reasons.bad_range(package, requires)
    return None


def astray(plugin: Plugin) -> str | None:
    """A template, static file or catalogue of a plugin that leads out of its folder (by a link)."""
    home = plugin.folder
    if home is None:
        return None
    inside = home.resolve()
    for name in ("templates", "static", "locale"):
        for path in (home / name, *((home / name).rglob("*") if (home / name).is_dir() else ())):
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                return str(path.relative_to(home))
    return None


def found() -> list[EntryPoint]:
    """Every plugin that is installed, loaded or not."""
    return sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value))


_NOBODY: Mapping[str, str] = MappingProxyType({})


def load(
    entries: Iterable[EntryPoint] | None = None, *, safe_mode: bool = False, elders: Mapping[str, str] = _NOBODY
) -> Registry:
    """Take in every installed plugin (or just these entry points) and make the result this process's registry.

    Who comes first keeps a name that two want: `elders`, the plugins this desk has known and the packages they came
    from, oldest first, then our own. In safe mode they are named, and nothing of them is imported.
    """
    wanted = sorted(found() if entries is None else entries, key=_turn(elders))
    counts = Counter(entry.name for entry in wanted)
    keepers = _keepers(wanted, elders)
    fresh = Registry()
    for entry in wanted:
        origin = entry.dist
        plugin = Plugin(
            name=entry.name,
            module_name=entry.value,
            distribution=origin.name if origin else "",
            version=origin.version if origin else "",
        )
        keeper = keepers.get(entry.name, entry)
        if keeper is not entry:
            # It gets a name that nothing can have, so that it is listed beside the one whose name it wanted.
            plugin.name = f"{entry.name}@{plugin.package}"
            first = keeper.dist.name if keeper.dist else keeper.value
            plugin.reason = reasons.name_kept(first, plugin.package, entry.name)
            fresh.plugins[plugin.name] = plugin
            continue
        if not NAME.fullmatch(entry.name) or entry.name in RESERVED:
            plugin.reason = reasons.bad_name(plugin.package, entry.name)
            fresh.plugins[entry.name] = plugin
        elif safe_mode:
            plugin.reason = reasons.safe_mode()
            fresh.plugins[entry.name] = plugin
        elif counts[entry.name] > 1 and entry.name not in keepers:
            # Which of two strangers is meant cannot be known: neither is used, and both are named.
            other = fresh.plugins.setdefault(entry.name, plugin)
            other.reason = reasons.same_name(other.package, plugin.package, entry.name)
        else:
            fresh.add(plugin)
    for contributed in fresh.contributions.values():
        # Only names go by seniority; what is shown, and asked, is in the same order on every desk.
        contributed.sort(key=lambda pair: pair[0].name)
    use(fresh)
    return fresh


def _turn(elders: Mapping[str, str]) -> Callable[[EntryPoint], tuple[int, bool, str, str]]:
    ages = {name: age for age, name in enumerate(elders)}

    def turn(entry: EntryPoint) -> tuple[int, bool, str, str]:
        return ages.get(entry.name, len(ages)), _package(entry) != OURS, entry.name, entry.value

    return turn


def _keepers(entries: Sequence[EntryPoint], elders: Mapping[str, str]) -> dict[str, EntryPoint]:
    """Of the names that several packages want, whose they are: the package's that had it on this desk, else ours."""
    found: dict[str, EntryPoint] = {}
    for name, count in Counter(entry.name for entry in entries).items():
        if count > 1:
            for package in (elders.get(name), OURS):
                theirs = [entry for entry in entries if entry.name == name and _package(entry) == package]
                if len(theirs) == 1:
                    found[name] = theirs[0]
                    break
    return found


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else ""


_registry = Registry()


def registry() -> Registry:
    """The plugins of this process."""
    return _registry


def use(fresh: Registry) -> None:
    """Make this the process's registry."""
    global _registry  # noqa: PLW0603 - one registry per process
    _registry = fresh

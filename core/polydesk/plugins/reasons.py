"""Why a plugin is not in use, and what to do about it: in the reader's language, like everything an admin reads."""

from __future__ import annotations

import msgspec

from polydesk.i18n import N_
from polydesk.types import Text


class Reason(msgspec.Struct, frozen=True):
    """What is wrong, and what helps."""

    words: Text
    advice: Text

    def __str__(self) -> str:
        return str(self.words)


_UPDATE = N_("Update {package}, tell its author, or remove it: pip uninstall {package}. Its data stays until you ask.")


def _its(words: str, package: str, **values: str | int) -> Reason:
    return Reason(Text(words, values), Text(_UPDATE, {"package": package}))


def raised(package: str, error: BaseException) -> Reason:
    """It failed with an error of its own."""
    return _its(N_("{error}"), package, error=f"{type(error).__name__}: {error}"[:500])


def library_missing(package: str, library: str) -> Reason:
    """It imports something that is not installed."""
    return Reason(
        Text(N_("It needs the library {library}, which is not installed."), {"library": library}),
        Text(N_("Install it (pip install {package} brings what it declares), then start the desk again."),
             {"package": package}),
    )  # fmt: skip


def module_missing(package: str, module: str) -> Reason:
    """What the entry point names is not there."""
    return Reason(
        Text(N_("Its module {module} is not there."), {"module": module}),
        Text(N_("Install {package} again: pip install --force-reinstall {package}."), {"package": package}),
    )


def no_info(package: str, module: str) -> Reason:
    """The module says nothing of itself."""
    return _its(N_("{module} has no PLUGIN = polydesk.PluginInfo(…)."), package, module=module)


def wrong_version(package: str, requires: str, ours: str) -> Reason:
    """It was made for another Polydesk."""
    return Reason(
        Text(N_("It needs Polydesk {requires}; this is {ours}."), {"requires": requires, "ours": ours}),
        Text(N_("Install a version of {package} for this Polydesk, or bring Polydesk up to date."),
             {"package": package}),
    )  # fmt: skip


def bad_range(package: str, requires: str) -> Reason:
    """Its range of versions cannot be read."""
    return _its(N_("PLUGIN.requires is not a version range: {requires}."), package, requires=requires)


def unknown_hook(package: str, hook: str) -> Reason:
    """It implements what does not exist."""
    return _its(N_("It implements {hook}, a hook that this version of Polydesk does not have."), package, hook=hook)


def unfit(package: str, what: str) -> Reason:
    """A hook's signature is not what it must be; `what` is written for authors, in English."""
    return _its(N_("{what}"), package, what=what)


def nonsense(package: str, hook: str, wanted: str, detail: str) -> Reason:
    """A contribution is not what it must be."""
    return _its(N_("{hook} must return a list of {wanted}: {detail}."), package, hook=hook, wanted=wanted,
                detail=detail)  # fmt: skip


def outside(package: str, what: str, home: str) -> Reason:
    """Something of it has a name, an address or a place that is not its own."""
    return _its(N_("{what} must begin with {home}."), package, what=what, home=home)


def astray(package: str, path: str) -> Reason:
    """A file of it leads out of its folder."""
    return _its(N_("Its file {path} leads out of its own folder."), package, path=path)


def bad_name(package: str, name: str) -> Reason:
    """It cannot be called so: the name becomes part of addresses, tables and jobs, and some are core's."""
    words = N_("A plugin cannot be called {name}: small letters, digits and underscores, and none of core's own words.")
    return _its(words, package, name=name)


def taken(package: str, what: str, other: str) -> Reason:
    """Another plugin has that name already."""
    return Reason(
        Text(N_("{what} exists already, in the plugin {other}."), {"what": what, "other": other}),
        Text(N_("Two plugins want the same. Remove one: pip uninstall {package}."), {"package": package}),
    )


def same_name(first: str, second: str, name: str) -> Reason:
    """Two packages want to be the same plugin."""
    return Reason(
        Text(N_("Two installed packages call themselves {name}: {first} and {second}."),
             {"name": name, "first": first, "second": second}),
        Text(N_("Which is meant cannot be known, so neither is used. Remove one: pip uninstall {package}."),
             {"package": second}),
    )  # fmt: skip


def name_kept(first: str, second: str, name: str) -> Reason:
    """A package wants to be a plugin that another is already."""
    return Reason(
        Text(N_("Two installed packages call themselves {name}: {first} and {second}."),
             {"name": name, "first": first, "second": second}),
        Text(N_("{first} had the name first and keeps it. Remove the other: pip uninstall {package}."),
             {"first": first, "package": second}),
    )  # fmt: skip


def too_slow(package: str, what: str, seconds: float) -> Reason:
    """It did not come back while the desk was starting."""
    return _its(N_("{what} took longer than {seconds} s, so the desk started without it."), package, what=what,
                seconds=f"{seconds:g}")  # fmt: skip


def too_much_memory(package: str, megabytes: int, limit: int) -> Reason:
    """It took more memory than a plugin may while it was loaded."""
    return _its(N_("Loading it took {megabytes} MB of memory; {limit} MB is the most."), package, megabytes=megabytes,
                limit=limit)  # fmt: skip


def tables_failed(package: str, error: str) -> Reason:
    """Its migrations do not run."""
    return _its(N_("Its tables could not be brought up to date, so nothing of them was changed: {error}"), package,
                error=error[:500])  # fmt: skip


def routes_failed(package: str, error: str) -> Reason:
    """Its routes cannot be served."""
    return _its(N_("Its routes cannot be served: {error}"), package, error=error[:500])


def safe_mode() -> Reason:
    """Nobody loaded it."""
    return Reason(
        Text(N_("The desk was started in safe mode, so no plugin is in use.")),
        Text(N_("Start it without --safe-mode to use plugins again.")),
    )

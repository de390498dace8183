"""The Jinja environment of a theme: its templates win over core's, core's stand beside plugins' `<plugin>/…`.

A template that replaces another may still extend it, or take from it, under `original/…`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from polydesk import i18n
from polydesk.types import Text

_LEFTWARDS = re.compile(
    "[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff\u200f\u202a-\u202e\u2066-\u2069]"
).search
"""Letters of scripts that run that way, and the signs that make others do so."""
CORE = Path(__file__).parent / "templates"


def environment(theme: Sequence[Path] = (), plugins: Mapping[str, Path] | None = None) -> Environment:
    """Build the environment. `theme` are folders of templates that win, the first most of all; `plugins` maps a
    plugin's name to its templates.
    """
    plugin_loaders: dict[str, BaseLoader] = {
        name: FileSystemLoader([path / name, path]) for name, path in (plugins or {}).items()
    }
    originals = ChoiceLoader([FileSystemLoader(CORE), PrefixLoader(plugin_loaders)])
    env = Environment(
        loader=ChoiceLoader([FileSystemLoader(list(theme)), originals, PrefixLoader({"original": originals})]),
        autoescape=True,
        # Asking the disk for every template of every page whether it changed costs more than some pages' queries.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", "jinja2.ext.loopcontrols"],
        finalize=_say,
    )
    env.policies["ext.i18n.trimmed"] = True
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.globals |= {
        "_": _words,
        "gettext": _words,
        "ngettext": _counted,
        "pgettext": _meant,
        "npgettext": _meant_counted,
    }
    env.filters |= {
        "say": i18n.render,
        "when": i18n.when,
        "day": i18n.day,
        "clock": i18n.clock,
        "brief": i18n.brief,
        "relative": i18n.relative,
        "number": i18n.number,
        "percent": i18n.percent,
        "size": i18n.size,
        "listing": i18n.listing,
        "language_name": i18n.language_name,
        "paragraphs": paragraphs,
        "initials": initials,
        "iso": lambda moment: moment.isoformat() if moment else "",
    }
    env.globals |= {"direction": i18n.direction, "own_name": i18n.own_name, "slot": _slot}
    return env


# Jinja's own callables look each function up in the context and format every message anew, 90 times a page.
@lru_cache(maxsize=5000)
def _translated(language: str, message: str, context: str = "") -> tuple[Markup, bool]:
    known = i18n.catalogue(language)
    words = known.pgettext(context, message) if context else known.gettext(message)
    return Markup(words), "%" in words  # noqa: S704 - our own words, from our own catalogues


def _words(message: str, /, **values: Any) -> Markup:
    words, has_holes = _translated(i18n.language(), message)
    return words % _apart(values) if has_holes else words


def _meant(context: str, message: str, /, **values: Any) -> Markup:
    words, has_holes = _translated(i18n.language(), message, context)
    return words % _apart(values) if has_holes else words


def _counted(one: str, many: str, n: int, /, **values: Any) -> Markup:
    words = i18n.catalogue(i18n.language()).ngettext(one, many, n)
    return Markup(words) % {"num": i18n.number(n), **_apart(values)}  # noqa: S704 - our own words


def _meant_counted(context: str, one: str, many: str, n: int, /, **values: Any) -> Markup:
    words = i18n.catalogue(i18n.language()).npgettext(context, one, many, n)
    return Markup(words) % {"num": i18n.number(n), **_apart(values)}  # noqa: S704 - our own words


def _apart(values: dict[str, Any]) -> dict[str, Any]:
    """Names and addresses inside a sentence that runs the other way must not carry off what stands beside them."""
    leftwards = i18n.direction() == "rtl"
    return {
        name: i18n.isolated(each, "auto") if isinstance(each, str) and (leftwards or _LEFTWARDS(each)) else each
        for name, each in values.items()
    }


def _say(value: Any) -> Any:
    """Turn a `Text` into the reader's words wherever a template prints one."""
    return i18n.render(value) if isinstance(value, Text) else value


def paragraphs(text: str) -> Markup:
    """Plain text as HTML: a blank line parts paragraphs, a web address becomes a link."""
    linked = re.sub(
        r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]]",
        lambda found: f'<a href="{found[0]}" target="_blank" rel="noopener noreferrer nofollow">{found[0]}</a>',
        str(escape(text)),
    )
    parts = [part for part in re.split(r"\n\s*\n", linked.replace("\r\n", "\n").strip("\n")) if part.strip()]
    return Markup("".join(f'<p dir="auto">{part.replace(chr(10), "<br>")}</p>' for part in parts))  # noqa: S704


def initials(name: str) -> str:
    """Up to two letters for the round picture of somebody."""
    words = [word for word in name.replace("@", " ").replace(".", " ").split() if word[:1].isalnum()]
    picked = [words[0], words[-1]] if len(words) > 1 else words
    return "".join(word[0].upper() for word in picked) or "?"


@pass_context
def _slot(context: Context, place: str) -> Markup:
    """What plugins put into this place; a screen fills `slots` before it renders."""
    filled: Mapping[str, list[str]] = context.get("slots") or {}
    return Markup("").join(Markup(html) for html in filled.get(place, ()))  # noqa: S704

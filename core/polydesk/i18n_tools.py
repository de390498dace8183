"""Keep catalogues true: `python -m polydesk.i18n_tools extract|update|check`, run from a source tree."""

from __future__ import annotations

import ast
import io
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment

from polydesk.templating import environment

LANGUAGES = ("fr", "ar")
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "N_": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
METHODS = [
    ("**/migrations/**", "ignore"),
    ("**/tests/**", "ignore"),
    ("**.py", "python"),
    ("**/templates/**.html", "jinja2.ext:babel_extract"),
]
OPTIONS = {
    "**/templates/**.html": {
        "extensions": "jinja2.ext.i18n,jinja2.ext.do,jinja2.ext.loopcontrols",
        "newstyle_gettext": "true",
        "trimmed": "true",
        "silent": "false",
    }
}
WORDS = re.compile(r"[^\W\d_]{2,}")
SPOKEN_ATTRIBUTES = {"placeholder", "title", "aria-label", "alt", "label", "data-confirm", "aria-description"}
SPEAKERS = {"Invalid", "NotFound", "Forbidden", "Refused", "flash", "Text"}
NOT_WORDS = {"Polydesk", "Ctrl", "Esc", "Enter", "Cmd"}


def domains(root: Path) -> Iterator[tuple[str, list[Path], Path]]:
    """Each text domain with its sources and the folder of its catalogues."""
    yield "polydesk", [root / "core/polydesk", root / "themes/polydesk_themes"], root / "locales/polydesk_locales"
    for package in sorted((root / "plugins").glob("*/polydesk_*")):
        yield package.name, [package], package / "locale"


def extract(sources: list[Path]) -> Catalog:
    """Every marked message of these folders."""
    template = Catalog(project="Polydesk", charset="utf-8", fuzzy=False)
    for source in sources:
        for name, line, message, comments, context in extract_from_dir(
            source, METHODS, OPTIONS, keywords=KEYWORDS, comment_tags=("Translators:",), strip_comment_tags=True
        ):
            template.add(message, None, [(f"{source.name}/{name}", line)], auto_comments=comments, context=context)
    return template


def update(root: Path) -> list[str]:
    """Bring every catalogue up to what the sources say; new messages arrive empty, gone ones are dropped.

    The paths of those that changed.
    """
    written = []
    for domain, sources, folder in domains(root):
        template = extract(sources)
        if not len(template):
            continue
        for language in LANGUAGES:
            path = folder / language / "LC_MESSAGES" / f"{domain}.po"
            catalogue = Catalog(locale=language, project="Polydesk", domain=domain, fuzzy=False)
            if path.exists():
                with path.open("rb") as po:
                    catalogue = read_po(po, locale=language)
            catalogue.update(template, no_fuzzy_matching=True)
            catalogue.fuzzy = False
            fresh = io.BytesIO()
            write_po(fresh, catalogue, width=110, ignore_obsolete=True, include_lineno=False, sort_output=True)
            if path.exists() and _undated(path.read_bytes()) == _undated(fresh.getvalue()):
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(fresh.getvalue())
            written.append(str(path.relative_to(root)))
    return written


def _undated(catalogue: bytes) -> list[bytes]:
    return [line for line in catalogue.splitlines() if not line.startswith(b'"POT-Creation-Date:')]


def check(root: Path) -> list[str]:
    """What is wrong, one sentence each: missing or fuzzy translations, wrong holes, words nobody marked."""
    wrong: list[str] = []
    for domain, sources, folder in domains(root):
        template = extract(sources)
        for language in LANGUAGES if len(template) else ():
            path = folder / language / "LC_MESSAGES" / f"{domain}.po"
            if not path.exists():
                wrong.append(f"{domain}: no {language} catalogue")
                continue
            with path.open("rb") as po:
                catalogue = read_po(po, locale=language)
            wrong += [f"{path.relative_to(root)}: {fault}" for fault in faults(template, catalogue)]
        for source in sources:
            for page in sorted(source.rglob("*.html")):
                wrong += [f"{page.relative_to(root)}: {fault}" for fault in unmarked(page.read_text(), page.name)]
            for module in sorted(source.rglob("*.py")):
                if "migrations" not in module.parts and "tests" not in module.parts:
                    wrong += [f"{module.relative_to(root)}:{fault}" for fault in bare_strings(module.read_text())]
    return wrong


def faults(template: Catalog, catalogue: Catalog) -> Iterator[str]:
    """Messages of the template that a catalogue lacks, doubts or fills with other holes."""
    hole = re.compile(r"%\(\w+\)s|%\(\w+\)d|(?<!\{)\{\w+\}")
    for message in template:
        if not message.id:
            continue
        there = catalogue.get(message.id, message.context)
        forms = [] if there is None else ([there.string] if isinstance(there.string, str) else list(there.string or ()))
        if there is None or not all(forms) or not forms:
            yield f"not translated: {message.id!r}"
        elif there.fuzzy:
            yield f"fuzzy: {message.id!r}"
        else:
            source = message.id if isinstance(message.id, str) else message.id[-1]
            allowed = set(hole.findall(source))
            if any(set(hole.findall(form)) - allowed for form in forms):
                yield f"unknown hole in the translation of {message.id!r}"
            if isinstance(message.id, str) and set(hole.findall(forms[0])) != allowed:
                yield f"lost hole in the translation of {message.id!r}"


def unmarked(source: str, name: str = "") -> Iterator[str]:
    """Words in a template's HTML that no gettext call wraps."""
    env: Environment = environment()
    text, inside = [], 0
    for line, kind, value in env.lex(source, name):
        if kind == "block_begin":
            inside = 1
        elif inside == 1 and kind == "name":
            inside = 2 if value == "trans" else 3 if value == "endtrans" else 0
        if kind == "data" and inside != 2:
            text.append(value)
        elif kind in {"variable_begin"}:
            text.append("\x00")
        elif kind == "linestatement_begin":
            raise ValueError(f"line {line}: line statements are not used")
    finder = _Words()
    finder.feed("".join(text))
    finder.close()
    for found in finder.found:
        yield f"words not marked: {found!r}"


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "style", "kbd", "code", "svg"}:
            self.silent += 1
        self.found += [f"{key}={value}" for key, value in attrs if key in SPOKEN_ATTRIBUTES and _speaks(value or "")]

    def handle_endtag(self, tag: str) -> None:
        if tag in {"script", "style", "kbd", "code", "svg"}:
            self.silent = max(0, self.silent - 1)

    def handle_data(self, data: str) -> None:
        # Attributes that a macro or block writes on their own look like text here.
        if not self.silent and '="' not in data and _speaks(data):
            self.found.append(data.strip())


def _speaks(text: str) -> bool:
    return any(word not in NOT_WORDS for word in WORDS.findall(text))


def bare_strings(source: str) -> Iterator[str]:
    """Literal sentences handed to something a person will read, without `_` or `N_` around them."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called not in SPEAKERS:
            continue
        arguments = [*node.args[:1], *(k.value for k in node.keywords if k.arg in {"message", "template"})]
        for argument in arguments:
            values = argument.values if isinstance(argument, ast.Dict) else [argument]
            for value in values:
                if isinstance(value, ast.JoinedStr) or (
                    isinstance(value, ast.Constant)
                    and isinstance(value.value, str)
                    and WORDS.search(re.sub(r"\{\w*\}", "", value.value))
                ):
                    yield f"{node.lineno}: a bare string in {called}(…)"


def main(arguments: list[str]) -> int:
    """Run one of the three words; `check` ends with 1 when something is wrong."""
    root = Path.cwd()
    match arguments:
        case ["extract"]:
            for domain, sources, _folder in domains(root):
                sys.stdout.write(f"{domain}: {len(extract(sources))} messages\n")
        case ["update"]:
            sys.stdout.write("\n".join(update(root)) + "\n")
        case ["check"]:
            wrong = check(root)
            sys.stdout.write("".join(f"{line}\n" for line in wrong))
            return 1 if wrong else 0
        case _:
            sys.stderr.write("usage: python -m polydesk.i18n_tools extract|update|check\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""What every plugin promises, whatever it adds: it loads, has its words in order, and lets go of people's data."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import httpx
import msgspec
import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from polydesk import hooks, i18n_tools, plugins
from polydesk.fields import fields_of
from polydesk.staff.access import Viewer
from polydesk.testing.contract import naming
from polydesk.testing.contract.stage import hire
from polydesk.testing.contract.wanting import broken, skip_unless, want
from polydesk.testing.fixtures import TestDesk, sign_in
from polydesk.types import PersonalData
from polydesk.web.forms import Form, specs


class PluginContract:
    """Subclass one of the kits below this one; `plugin` is the name of the entry point."""

    plugin: ClassVar[str]
    languages: ClassVar[tuple[str, ...] | None] = None
    """The languages the plugin claims to speak besides English; None: those its locale folder has."""
    open_settings: ClassVar[frozenset[str]] = frozenset()
    """Settings that sound secret and are not ("a key that is public")."""

    @pytest.fixture
    async def the_plugin(self, desk: TestDesk) -> plugins.Plugin:
        """The plugin as this desk loaded it."""
        found = plugins.registry().plugins.get(self.plugin)
        want(
            found is not None,
            f'an installed distribution has the entry point {self.plugin!r} in the group "polydesk"',
            why="that is how a desk finds plugins",
            seen=f"installed: {', '.join(sorted(plugins.registry().plugins))}",
            clause="loading",
        )
        assert found is not None
        want(
            found.available,
            "the plugin loads",
            why="otherwise nothing of it is there",
            seen=found.unavailable,
            clause="loading",
        )
        return found

    @pytest.fixture
    async def owner(self, desk: TestDesk) -> Viewer:
        """Who owns the desk."""
        return await hire()

    @pytest.fixture
    async def browser(self, client: httpx.AsyncClient, owner: Viewer) -> httpx.AsyncClient:
        """The owner, signed in."""
        await sign_in(client, owner.id)
        return client

    # --- loading

    async def test_loading__the_plugin_is_found_and_fit(self, the_plugin: plugins.Plugin) -> None:
        """Found by its entry point, all hooks with the right signature."""
        info = the_plugin.info
        want(
            info is not None and str(info.label).strip() and str(info.description).strip() and info.requires,
            "PLUGIN has a label, a description and `requires`",
            why="an admin reads them, and a desk that is too old or too new must not try",
            seen=info,
            clause="loading",
        )

    # --- settings that the whole plugin has

    async def test_settings__the_plugins_own_form_is_drawn_and_keeps_secrets(self, the_plugin: plugins.Plugin) -> None:
        """What `polydesk_settings` names: every field has words, and what sounds secret is one."""
        mine = [kind for plugin, kind in plugins.collect(hooks.polydesk_settings) if plugin.name == self.plugin]
        skip_unless(mine, "the plugin has no settings of its own (polydesk_settings)")
        for kind in mine:
            check_settings_class(kind, self.open_settings)

    # --- personal data

    async def test_personal__what_is_declared_answers_and_may_be_asked_twice(
        self, the_plugin: plugins.Plugin, owner: Viewer
    ) -> None:
        """Export and erase work for a contact nobody knows, as often as wanted."""
        mine = [each for plugin, each in plugins.collect(hooks.polydesk_personal_data) if plugin.name == self.plugin]
        skip_unless(mine, "the plugin keeps nothing about contacts (polydesk_personal_data)")
        for each in mine:
            for _time in range(2):
                given = await _asked(each)
                want(
                    isinstance(given, dict) and msgspec.json.encode(given),
                    "`export` answers a dict that JSON can hold",
                    why="a contact is handed it as a file",
                    seen=given,
                    clause="personal",
                )

    # --- words

    def test_translations__every_string_is_marked_and_translated(self) -> None:
        """Each message has its entry in the catalogue of every language claimed."""
        package = naming.package_of(self.plugin)
        folder = package / "locale"
        found = tuple(sorted(path.parts[-3] for path in folder.glob("*/LC_MESSAGES/*.po")))
        claimed = found if self.languages is None else self.languages
        skip_unless(claimed, "the plugin claims no language besides English (no catalogue in its locale folder)")
        template = i18n_tools.extract([package])
        for language in claimed:
            path = folder / language / "LC_MESSAGES" / f"polydesk_{self.plugin}.po"
            want(
                path.exists(),
                f"the catalogue {path.relative_to(package.parent)} is there",
                why=f"the plugin claims to speak {language!r}",
                clause="translations",
            )
            wrong = list(i18n_tools.faults(template, _catalogue(path, language)))
            want(
                not wrong,
                f"every message of the plugin is translated into {language!r}",
                why="a reader of that language would read English in the middle of a sentence of theirs",
                seen="; ".join(wrong),
                clause="translations",
            )
        bare = _bare(package)
        want(
            not bare,
            "words for a reader stand in `_()` or `N_()`, and in templates in `{{ _() }}`",
            why="what is not marked is never translated",
            seen="; ".join(bare),
            clause="translations",
        )

    def test_translations__templates_and_catalogues_are_part_of_what_is_installed(self) -> None:
        """A wheel that forgot its templates works on its author's machine only."""
        package = naming.package_of(self.plugin)
        missing = naming.not_installed(self.plugin, package)
        want(
            not missing,
            "every template, style and catalogue of the package is in the installed distribution",
            why="a file missing from the wheel is missing from every desk",
            seen=", ".join(missing),
            clause="translations",
        )


async def _asked(mine: PersonalData) -> Any:
    """Export and erase somebody who is not there (any more)."""
    try:
        given = await mine.export(4_000_000)
        await mine.erase(4_000_000)
    except Exception as error:
        broken(
            "`export` and `erase` answer for a contact who is gone, with {} and nothing to do",
            why="both may run twice",
            seen=f"{type(error).__name__}: {error}",
            clause="personal",
        )
    return given


def check_settings_class(kind: type[msgspec.Struct], open_settings: frozenset[str]) -> None:
    """Every field can be drawn and read, and what sounds secret is encrypted and never shown again."""
    described = fields_of(kind)
    bare = [each.name for each in msgspec.structs.fields(kind) if each.name not in described]
    want(
        not bare,
        f"every setting of {kind.__name__} has a polydesk.Field",
        why="an admin could neither see nor change it",
        seen=", ".join(bare),
        clause="settings",
    )
    loud = [
        name
        for name, each in described.items()
        if naming.SECRET.search(name) and each.input != "secret" and name not in open_settings
    ]
    want(
        not loud,
        'settings that hold a token, secret or password have input="secret"',
        why="secrets are encrypted at rest and never sent back to a browser",
        seen=", ".join(loud) + " (list it in `open_settings` if it is none)",
        clause="settings",
    )
    form: Form[Any] = Form(kind)
    want(
        len(list(form.inputs())) == len(specs(kind)),
        "each setting is drawn",
        why="the form is made from the class",
        clause="settings",
    )
    unnamed = [each.name for each in form.inputs() if not str(each.field.label).strip()]
    want(
        not unnamed,
        "each setting has a label",
        why="a field without one cannot be read aloud",
        seen=unnamed,
        clause="settings",
    )


def _catalogue(path: Path, language: str) -> Catalog:
    with path.open("rb") as po:
        return read_po(po, locale=language)


def _bare(package: Path) -> list[str]:
    found = []
    for page in sorted(package.rglob("*.html")):
        found += [f"{page.name}: {fault}" for fault in i18n_tools.unmarked(page.read_text(), page.name)]
    for module in sorted(package.rglob("*.py")):
        if not {"migrations", "tests"} & set(module.relative_to(package).parts):
            found += [f"{module.name}:{fault}" for fault in i18n_tools.bare_strings(module.read_text())]
    return found

"""The same words in several languages, and nothing left untranslated."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from polydesk import i18n, i18n_tools
from polydesk.types import Text

ROOT = Path(__file__).parents[2]


def test_nothing_is_untranslated_or_unmarked() -> None:
    assert i18n_tools.check(ROOT) == []


def test_a_text_is_rendered_for_each_reader() -> None:
    text = Text("Snoozed")
    with i18n.using("fr"):
        french = i18n.render(text)
    with i18n.using("ar"):
        assert i18n.render(text) not in ("Snoozed", french)
    assert i18n.render(text) == "Snoozed"


def test_plurals_follow_the_language() -> None:
    def said(n: int) -> str:
        return i18n.ngettext("%(num)s account has trouble", "%(num)s accounts have trouble", n)

    assert [said(1), said(2)] == ["1 account has trouble", "2 accounts have trouble"]
    with i18n.using("ar"):
        assert len({said(n).replace(i18n.number(n), "") for n in (0, 1, 2, 3, 11, 100)}) >= 4


def test_a_hole_nobody_fills_does_not_break_the_page() -> None:
    assert i18n.render(Text("Hello {name}", {"other": "x"})) == "Hello {name}"


@pytest.mark.parametrize(
    ("header", "language"),
    [("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("xx, ar;q=0.5", "ar"), ("", "en"), ("de;q=oops, *", "en")],
)
def test_strangers_are_greeted_in_a_language_they_read(header: str, language: str) -> None:
    assert i18n.negotiate(header) == language


def test_times_are_on_the_readers_clock() -> None:
    moment = datetime(2026, 7, 1, 22, 30, tzinfo=UTC)
    with i18n.using("fr", "Europe/Paris"):
        assert i18n.clock(moment) == "00:30"
        assert "2 juil. 2026" in i18n.day(moment)
        assert i18n.relative(moment - timedelta(minutes=5), moment) == "il y a 5 minutes"
    with i18n.using("ar"):
        assert i18n.direction() == "rtl"


@pytest.mark.parametrize(
    "template",
    [
        "<p>Hello there</p>",
        '<input placeholder="Your name">',
        '<button aria-label="Close"></button>',
        "<p>{{ x }} days</p>",
    ],
)
def test_words_that_nobody_marked_are_found(template: str) -> None:
    assert list(i18n_tools.unmarked(template))


@pytest.mark.parametrize(
    "template",
    [
        '<p>{{ _("Hello there") }}</p>',
        "<p>{% trans %}Hello there{% endtrans %}</p>",
        '<input placeholder="{{ _("Your name") }}">',
        "<kbd>Enter</kbd> {# a remark #}",
    ],
)
def test_words_that_are_marked_are_left_alone(template: str) -> None:
    assert not list(i18n_tools.unmarked(template))


def test_bare_sentences_in_python_are_found() -> None:
    assert list(i18n_tools.bare_strings('raise Invalid({"name": "Enter a name."})'))
    assert list(i18n_tools.bare_strings('label = Text("Name")'))
    assert not list(i18n_tools.bare_strings('raise Invalid({"name": _("Enter a name.")}); Text(N_("Name"))'))

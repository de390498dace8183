"""Invitations, read from lines as an admin writes them."""

from __future__ import annotations

import pytest

from polydesk.errors import Invalid
from polydesk_webchat import invitations


def test_invitations_are_one_rule_in_several_languages() -> None:
    (rule, other) = invitations.read(
        "/basket* after=30 returning: May we help?\n"
        "/basket* after=30 returning [fr]: Besoin d'aide : oui ?\n* scroll=80: Hello"
    )
    assert (rule.page, rule.after, rule.who) == ("/basket*", 30, "returning")
    assert rule.words == {"": "May we help?", "fr": "Besoin d'aide : oui ?"}
    assert (other.page, other.scroll) == ("*", 80)
    with pytest.raises(Invalid):
        invitations.read("/basket sometimes: Hello")

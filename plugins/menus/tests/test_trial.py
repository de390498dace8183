"""A menu tried by keys: what callers hear, and what each key does."""

from __future__ import annotations

from polydesk_menus import engine
from polydesk_menus.screens.trial import Trial, play
from polydesk_menus.starters import starter
from polydesk_menus.tree import Ask, HandOver, Option, Tree

EN = ("en",)


def called(*keys: str, tree: Tree | None = None) -> Trial:
    """A call in which these keys are pressed."""
    said = ("k:", *(f"k:{each}" for each in keys))
    return play(tree or starter(EN), "", "customer", "en", said, EN, {7: "Orders"}, "keys")


def heard(trial: Trial, who: str) -> list[str]:
    return [each.text for each in trial.lines if each.who == who]


def test_choices_are_heard_as_keys() -> None:
    trial = called()
    assert heard(trial, "effect") == ["Somebody calls."]
    assert heard(trial, "key")[0] == "Press 1: My order"
    assert dict(trial.keypad)["1"] == "My order"
    assert [key for key, _meaning in trial.keypad] == list("123456789*0#")
    assert not trial.collects


def test_a_key_picks_its_choice_and_one_that_picks_nothing_is_not_understood() -> None:
    assert "Topic: Order" in heard(called("1"), "effect")
    wrong = called("9")
    assert "did not understand" in " ".join(heard(wrong, "menu"))
    assert wrong.prompt == called("9").prompt
    assert heard(called("*"), "menu") == heard(wrong, "menu")


def test_0_asks_for_a_person_where_it_is_nothing_else() -> None:
    trial = called("0")
    assert trial.over
    assert any("A person takes over" in each for each in heard(trial, "effect"))
    ten = Tree(
        steps=(
            Ask(
                id="s1",
                words={"en": "Which?"},
                options=tuple(
                    Option(id=f"o{each}", words={"en": f"Person {each}"}, steps=(HandOver(id=f"h{each}", queue=7),))
                    for each in range(12)
                ),
            ),
        ),
    )
    last = called(tree=ten)
    assert dict(last.keypad)["0"] == "Person 9"
    assert "in Orders" in " ".join(heard(called("0", tree=ten), "effect"))


def test_a_number_is_gathered_and_only_0_alone_is_a_choice() -> None:
    asked = called("1")
    assert asked.collects
    assert [(key, meaning) for key, meaning in asked.keypad if meaning] == [("0", "Talk to a person")]
    assert "order number: 48207" in heard(called("1", "48207"), "effect")
    assert called("1", "0").over


def test_a_chat_knows_no_keys() -> None:
    trial = play(starter(EN), "", "customer", "en", ("t:hello",), EN, {})
    assert heard(trial, "key") == []
    assert trial.prompt is not None
    assert trial.prompt.choices[-1].value == engine.HUMAN

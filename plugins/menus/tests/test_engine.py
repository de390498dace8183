"""The tree without anything around it: what contacts hear, and that a person is always within reach."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from polydesk_menus import checking, editing, engine, flow, human_words, shapes
from polydesk_menus.engine import HUMAN, State, Turn
from polydesk_menus.starters import starter
from polydesk_menus.tree import Ask, Collect, GoTo, HandOver, Option, Tree, When, decode, encode, walk

LANGUAGES = ("en", "fr", "ar")
FLOW = flow.prepare(starter(LANGUAGES))


def begin(opening: str = "hello", **state: object) -> Turn:
    return engine.begin(FLOW, State(opening=opening, **state), LANGUAGES)  # type: ignore[arg-type]


def say(turn: Turn, text: str, choice: str = "") -> Turn:
    return engine.answer(FLOW, turn.state, LANGUAGES, text, choice)


def labels(turn: Turn) -> list[str]:
    assert turn.prompt is not None
    return [choice.label for choice in turn.prompt.choices]


def test_a_customer_says_what_it_is_about_and_an_order_number_is_kept() -> None:
    turn = begin()
    assert turn.prompt is not None
    assert turn.prompt.text == "Hello! What is it about?"
    assert labels(turn)[-1] == "Talk to a person"
    turn = say(turn, "my order")
    assert turn.learned.category == "Order"
    turn = say(turn, "it is 48207, I think")
    assert turn.end == "human"
    assert turn.learned.attributes == {"order number": "48207"}


def test_a_known_courier_meets_a_person_without_any_question() -> None:
    turn = begin("my bike broke", kind="courier")
    assert (turn.end, turn.state.asked) == ("human", 0)


def test_a_courier_nobody_knew_says_so_and_is_one_from_then_on() -> None:
    turn = say(begin(), "I am a courier")
    assert turn.end == "human"
    assert turn.learned.contact_kind == "courier"


def test_an_answer_that_helped_solves_the_matter_and_one_that_did_not_brings_a_person() -> None:
    asked = say(begin(), "2")
    assert "three to five working days" in asked.say[0]
    assert say(asked, "Thanks!").end == "solved"
    assert say(asked, "no").end == "human"
    assert say(asked, "but it is two weeks now").end == "human"


def test_everyone_reads_their_own_language_and_whoever_has_none_the_market_s() -> None:
    assert labels(begin(language="ar"))[0] == "طلبي"
    assert labels(begin(language="fr-CA"))[0] == "Ma commande"
    assert labels(begin(language="sv"))[0] == "My order"


@pytest.mark.parametrize(
    "words",
    ["agent", "I want to talk to a person about my parcel please", "un conseiller svp", "أريد موظف",
     "quiero una persona", "operatore",
     "quero falar com um atendente sobre a encomenda", "vreau un operator", "chcę konsultanta",
     "покличте оператора", "соедините с оператором пожалуйста", "ოპერატორთან", "temsilciye bağlanmak istiyorum",
     "Mitarbeiter bitte", "HUMAN!!!"],
)  # fmt: skip
def test_a_person_can_be_asked_for_in_every_language_at_any_step(words: str) -> None:
    for turn in (begin(), say(begin(), "my order"), say(begin(), "2")):
        found = say(turn, words)
        assert (found.end, found.wanted_human) == ("human", True)
    assert begin(words).wanted_human


def test_a_long_complaint_about_an_agent_is_not_a_request_for_one() -> None:
    assert not human_words.asks_for_human("your delivery agent left the parcel in the rain and it is ruined")


def test_an_admin_s_own_words_ask_for_a_person_too() -> None:
    assert human_words.asks_for_human("get me Brigitte", {"en": "brigitte"})


def test_after_two_answers_nobody_understands_a_person_takes_over() -> None:
    turn = say(begin(), "hmm what")
    assert turn.prompt is not None
    assert turn.prompt.text.startswith("Sorry, I did not understand that.")
    assert say(turn, "hmm what").end == "human"


def test_a_wrong_order_number_is_asked_for_again_and_then_a_person_takes_over() -> None:
    turn = say(say(begin(), "1"), "I lost it")
    assert turn.prompt is not None
    assert turn.prompt.text.startswith("That does not look right.")
    assert say(turn, "no idea").end == "human"


def test_a_message_is_in_one_language_even_when_the_menu_lacks_the_contact_s() -> None:
    turn = say(begin(language="es"), "hmm what")
    assert turn.prompt is not None
    assert turn.prompt.text.startswith("Sorry, I did not understand that.\nHello!")
    assert labels(turn)[-1] == "Talk to a person"


def test_what_is_known_already_is_not_asked() -> None:
    turn = say(begin(attributes={"order number": "77"}), "my order")
    assert turn.end == "human"


def test_the_button_of_an_earlier_question_changes_ones_mind() -> None:
    turn = say(begin(), "my order")
    assert "working days" in say(turn, "Payment or refund", "s8").say[0]


def test_a_numbered_choice_of_a_person_does_not_swallow_an_order_number() -> None:
    turn = say(say(begin(), "my order"), "1", HUMAN)
    assert turn.learned.attributes == {"order number": "1"}


@given(st.lists(st.one_of(st.text(max_size=30), st.sampled_from(["1", "2", "3", "4", "no", "yes", "x"])), max_size=12))
@settings(max_examples=150, deadline=None)
def test_whatever_is_said_the_menu_asks_or_ends(said: list[str]) -> None:
    turn = begin()
    for each in said:
        assert bool(turn.prompt) != bool(turn.end)
        assert not turn.prompt or any(choice.value == HUMAN for choice in turn.prompt.choices)
        if turn.end:
            return
        turn = say(turn, each)


# --- Checking -------------------------------------------------------------------------------------------------------


def wrong(tree: Tree, *languages: str) -> set[tuple[str, str, str]]:
    return {(each.line, each.weight, str(each.words)) for each in checking.check(tree, languages, [])}


def test_a_circle_without_a_question_is_an_error_and_a_stored_one_still_ends_at_a_person() -> None:
    tree = Tree(steps=(When(id="a", know="kind", value="customer", steps=(GoTo(id="b", to="a"),)),))
    assert any(line == "b" and weight == "error" for line, weight, _ in wrong(tree))
    assert engine.begin(flow.prepare(tree), State(), ("en",)).end == "human"
    asking = Tree(
        steps=(Ask(id="q", words={"en": "?"}, options=(Option(id="o", words={"en": "again"}),)), GoTo(id="g", to="q"))
    )
    assert not any(weight == "error" for _line, weight, _ in wrong(asking))


def test_what_is_missing_is_said_at_its_line() -> None:
    tree = Tree(
        steps=(Ask(id="q", words={"en": "?"}), Collect(id="c"), GoTo(id="g", to="gone"), HandOver(id="h", queue=9))
    )
    found = {(line, weight) for line, weight, _ in wrong(tree, "en", "fr")}
    assert found >= {("q", "error"), ("q", "warning"), ("c", "error"), ("g", "error"), ("h", "warning")}


def test_steps_nobody_reaches_are_pointed_out() -> None:
    tree = Tree(steps=(HandOver(id="h"), Collect(id="c", words={"en": "?"}, attribute="x")))
    assert any(line == "c" and "Nobody" in words for line, _weight, words in wrong(tree, "en"))


def test_how_many_questions_stand_before_a_person() -> None:
    found = {each.kind: (each.fewest, each.most) for each in checking.reach(starter(("en",)), ("courier", "customer"))}
    assert found == {"courier": (0, 0), "customer": (1, 2)}


def test_the_reach_of_a_wide_menu_is_found_at_once() -> None:
    options = lambda n: tuple(Option(id=f"o{n}-{k}", words={"en": str(k)}) for k in range(9))  # noqa: E731
    tree = Tree(steps=tuple(Ask(id=f"q{n}", words={"en": "?"}, options=options(n)) for n in range(40)))
    assert checking.reach(tree, ("customer",))[0].most == 40


# --- Shapes and editing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shape", "text", "found"),
    [("#####", "no. 12345.", "12345"), ("#####", "123456", None), ("AB-#+", "ab-٣٤٥", "ab-345"), ("", "  x ", "x"),
     ("####|@@##", "AZ12", "AZ12"), ("*+", "a1b2", "a1b2"), ("#.#", "1x2", None)],
)  # fmt: skip
def test_shapes_say_what_an_answer_looks_like(shape: str, text: str, found: str | None) -> None:
    assert shapes.match(shape, text) == found
    assert shapes.match(shape, shapes.example(shape)) or not shape


def test_an_example_always_has_its_shape() -> None:
    for shape in ("#####", "AB-#+", "@@##", "*+-#", "#+|x"):
        assert shapes.match(shape, shapes.example(shape)) == shapes.example(shape)


def test_a_step_moves_through_choices_and_back() -> None:
    tree = starter(("en",))
    there = tree
    for _ in range(40):
        there = editing.move(there, "s7", 1)
    assert there.steps[-1].id == "s7"
    for _ in range(60):
        there = editing.move(there, "s7", -1)
    assert there.steps[0].id == "s7"
    assert sum(1 for _line in walk(there.steps)) == 17


def test_ids_are_never_used_again_and_trees_survive_storage() -> None:
    tree, made = editing.add(starter(("en",)), "ask")
    tree, again = editing.add(editing.remove(tree, made), "ask")
    assert made != again
    assert decode(encode(tree)) == tree

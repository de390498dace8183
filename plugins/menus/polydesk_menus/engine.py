"""One step of a menu: what is known and what was said go in, what to do comes out. No storage, no clock, no channel."""

from __future__ import annotations

import re

import msgspec
from msgspec.structs import replace

from polydesk import N_
from polydesk.types import Choice, Learned, Prompt, Text
from polydesk_menus import human_words, matching, phrases, shapes
from polydesk_menus.flow import Flow
from polydesk_menus.phrases import Phrases
from polydesk_menus.tree import Answer, Ask, Collect, GoTo, HandOver, Node, Option, Set, When, pick

HUMAN, YES, NO = "human", "yes", "no"
"""Values of choices that are not the tree's own."""
# A tree without a question in a loop cannot be published, but a stored one must not hold up a message either.
_MOST_STEPS = 300


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody is in a menu, and what is known of them."""

    at: str = ""
    kind: str = "customer"
    language: str = ""
    attributes: dict[str, str] = {}
    opening: str = ""
    misses: int = 0
    tries: int = 0
    asked: int = 0
    topic: str = ""
    path: tuple[str, ...] = ()


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """What to do now. `end` is "human" or "solved"; without it `prompt` waits for an answer.

    `wanted_human` tells that they asked for a person themselves.
    """

    state: State
    say: tuple[str, ...] = ()
    prompt: Prompt | None = None
    learned: Learned = Learned()
    end: str = ""
    queue: int | None = None
    reason: Text | None = None
    wanted_human: bool = False


class Walk:
    """One turn under way."""

    def __init__(self, flow: Flow, state: State, languages: tuple[str, ...]) -> None:
        self.flow, self.state, self.languages = flow, state, languages
        self.said: list[str] = []
        self.learned = Learned()

    # --- words

    @property
    def wanted(self) -> tuple[str, ...]:
        """Languages to speak in, best first."""
        return tuple(code for code in (self.state.language, *self.languages) if code)

    def words(self, words: dict[str, str]) -> str:
        """In the contact's language, else the market's, else whatever there is."""
        return pick(words, self.wanted)[0]

    @property
    def own(self) -> Phrases:
        """The fixed words, when they stand alone."""
        return phrases.spoken(*self.wanted)

    def beside(self, node: Ask | Collect | Answer) -> Phrases:
        """The fixed words in the language that the step's own are in: nobody likes a message in two."""
        return phrases.spoken(pick(node.words, self.wanted)[1], *self.wanted)

    # --- going on

    def go(self, at: str) -> Turn:
        """Walk from here to the next question, or to the end."""
        for _ in range(_MOST_STEPS):
            node = self.flow.nodes.get(at)
            if node is None:
                return self.human(None, Text(N_("The menu came to its end.")))
            turn = self._enter(node)
            if isinstance(turn, Turn):
                return turn
            at = turn
        return self.human(None, Text(N_("The menu went round in a circle, so a person takes over.")))

    def _enter(self, node: Node) -> Turn | str:
        following = self.flow.after[node.id]
        match node:
            case Ask():
                return self.question(node)
            case Collect():
                return following if self.state.attributes.get(node.attribute) else self.question(node)
            case Answer():
                self.said.append(self.words(node.words))
                return self.question(node) if node.asks else following
            case Set():
                self._learn(node)
                return following
            case When():
                return node.steps[0].id if node.steps and self._holds(node) else following
            case GoTo():
                return node.to
            case HandOver():
                words = self.words(node.words)
                return self.human(node.queue, _reason(self.path(), node.reason), words)

    def _holds(self, node: When) -> bool:
        match node.know:
            case "kind":
                return self.state.kind in matching.split(node.value)
            case "language":
                base = re.split("[-_]", self.state.language)[0]
                return bool({self.state.language, base} & set(matching.split(node.value)))
            case "attribute":
                name, is_equal, value = node.value.partition("=")
                known = self.state.attributes.get(name.strip(), "")
                return matching.fold(known) == matching.fold(value) if is_equal else bool(known)
            case "opening":
                return matching.says(self.state.opening, matching.split(node.value))

    def _learn(self, node: Set) -> None:
        tags = tuple(dict.fromkeys((*self.learned.tags, *node.tags)))
        self.learned = replace(
            self.learned,
            contact_kind=node.contact_kind or self.learned.contact_kind,
            language=node.language or self.learned.language,
            category=node.category or self.learned.category,
            tags=tags,
        )
        self.state = replace(
            self.state,
            kind=node.contact_kind or self.state.kind,
            language=node.language or self.state.language,
            topic=node.category or self.state.topic,
        )

    def keep(self, attribute: str, value: str) -> None:
        """Write down what was typed."""
        self.learned = replace(self.learned, attributes={**self.learned.attributes, attribute: value})
        self.state = replace(self.state, attributes={**self.state.attributes, attribute: value})

    # --- stopping

    def question(self, node: Ask | Collect | Answer, remark: str = "") -> Turn:
        """Wait for an answer; `remark` says what was wrong with the last one."""
        self.state = replace(
            self.state,
            at=node.id,
            asked=self.state.asked + 1,
            misses=self.state.misses if remark else 0,
            tries=self.state.tries if remark else 0,
        )
        if isinstance(node, Answer):
            own = self.beside(node)
            text = own.helped
            choices = [Choice(value=YES, label=own.yes), Choice(value=NO, label=own.no)]
        else:
            text = self.words(node.words)
            choices = [
                Choice(value=option.id, label=self.words(option.words))
                for option in (node.options if isinstance(node, Ask) else ())
            ]
        language = pick(node.words, self.wanted)[1] or self.state.language
        if not any(human_words.asks_for_human(choice.label) for choice in choices):
            choices.append(Choice(value=HUMAN, label=self.beside(node).human))
        asked = Prompt(
            text=f"{remark}\n{text}" if remark else text,
            choices=tuple(choices),
            language=language,
            open=isinstance(node, Collect),
        )
        return self._turn(prompt=asked)

    def human(self, queue: int | None, reason: Text, words: str = "", wanted: bool = False) -> Turn:
        """A person takes over."""
        self.said.append(words or self.own.handing_over)
        return self._turn(end="human", queue=queue, reason=reason, wanted_human=wanted)

    def solved(self) -> Turn:
        """The answer helped."""
        return self._turn(end="solved", reason=Text(N_("An answer of the menu helped: {path}"), {"path": self.path()}))

    def path(self) -> str:
        """The choices made so far, in words."""
        made = [self.flow.options[id] for id in self.state.path if id in self.flow.options]
        return " › ".join(pick(option.words, self.languages)[0] for option in made) or "—"

    def _turn(
        self,
        *,
        prompt: Prompt | None = None,
        end: str = "",
        queue: int | None = None,
        reason: Text | None = None,
        wanted_human: bool = False,
    ) -> Turn:
        return Turn(
            state=self.state,
            say=tuple(words for words in self.said if words.strip()),
            prompt=prompt,
            learned=self.learned,
            end=end,
            queue=queue,
            reason=reason,
            wanted_human=wanted_human,
        )


def begin(flow: Flow, state: State, languages: tuple[str, ...]) -> Turn:
    """The first message: `state.opening` holds its words."""
    walk = Walk(flow, state, languages)
    if human_words.asks_for_human(state.opening, flow.tree.human):
        return walk.human(None, Text(N_("They asked for a person.")), wanted=True)
    return walk.go(flow.first)


def answer(flow: Flow, state: State, languages: tuple[str, ...], text: str, choice: str = "") -> Turn:
    """What was said next. `choice` is the value of a choice that was picked, "" when something was typed."""
    walk = Walk(flow, state, languages)
    node = flow.nodes.get(state.at)
    # Buttons stay on screens: one of an earlier question means that they changed their mind.
    if choice in flow.options:
        return _choose(walk, flow.options[choice])
    # Where the choice of a person is numbered, a number that was asked for is not that choice.
    typed_number = isinstance(node, Collect) and matching.fold(text).strip().isdigit()
    if (choice == HUMAN and not typed_number) or human_words.asks_for_human(text, flow.tree.human):
        return walk.human(None, Text(N_("They asked for a person: {path}"), {"path": walk.path()}), wanted=True)
    match node:
        case Ask():
            return _asked(walk, node, text)
        case Answer():
            if choice == YES or (not choice and phrases.affirms(text)):
                return walk.solved()
            return walk.go(flow.after[node.id])
        case Collect():
            return _collected(walk, node, text)
    return walk.human(None, Text(N_("The menu changed meanwhile, so a person takes over.")))


def _choose(walk: Walk, option: Option) -> Turn:
    walk.state = replace(walk.state, path=(*walk.state.path, option.id))
    return walk.go(walk.flow.under(option))


def _asked(walk: Walk, node: Ask, text: str) -> Turn:
    shown = [walk.words(option.words) for option in node.options]
    if (place := matching.which(text, [*shown, walk.beside(node).human], _also(node))) is not None:
        if place < len(node.options):
            return _choose(walk, node.options[place])
        return walk.human(None, Text(N_("They asked for a person: {path}"), {"path": walk.path()}), wanted=True)
    if walk.state.misses + 1 >= walk.flow.tree.patience:
        reason = Text(N_("The menu did not understand their answer: {path}"), {"path": walk.path()})
        return walk.human(None, reason)
    walk.state = replace(walk.state, misses=walk.state.misses + 1)
    return walk.question(node, walk.beside(node).unclear)


def _also(node: Ask) -> list[list[str]]:
    """Further words of each choice, and its label in the other languages."""
    return [
        [*(word for listed in option.also.values() for word in matching.split(listed)), *option.words.values()]
        for option in node.options
    ]


def _collected(walk: Walk, node: Collect, text: str) -> Turn:
    found = shapes.match(node.shape, text)
    if found is not None:
        walk.keep(node.attribute, found[:200])
        return walk.go(walk.flow.after[node.id])
    if walk.state.tries + 1 > node.retries:
        reason = Text(N_("The menu asked for {what} and got something else: {path}"), _what(node, walk))
        return walk.human(None, reason)
    walk.state = replace(walk.state, tries=walk.state.tries + 1)
    return walk.question(node, walk.beside(node).wrong_shape)


def _what(node: Collect, walk: Walk) -> dict[str, str | int]:
    return {"what": node.attribute, "path": walk.path()}


def _reason(path: str, own: str) -> Text:
    if own.strip():
        return Text(N_("The menu: {path} ({reason})"), {"path": path, "reason": own.strip()})
    return Text(N_("The menu: {path}"), {"path": path})

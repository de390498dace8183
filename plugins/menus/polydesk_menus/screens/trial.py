"""A menu played on screen, as whoever one likes; the address holds what was said, and nothing is stored.

By chat it is written to and choices are buttons; by keys it is heard, and a keypad is all there is.
"""

from __future__ import annotations

import re
from typing import Any, cast

import msgspec
from litestar import get
from litestar.params import FromPath

from polydesk import prompts
from polydesk.contacts.kinds import KINDS
from polydesk.i18n import _, language_name, render
from polydesk.staff.access import Viewer
from polydesk.types import Learned, Prompt
from polydesk.web import guards, htmx
from polydesk.web.htmx import Page, Req
from polydesk_menus import engine, flow, service, wording
from polydesk_menus.tree import Tree, languages_of

_MOST_SAID = 60
_LONGEST = 500
_CHAT, _KEYS = "chat", "keys"
_KEYPAD = "123456789*0#"
_SAID = {_CHAT: ("t:", "c:"), _KEYS: ("k:",)}
_PRESSED = re.compile(r"k:([0-9*]{0,40}|#)")
_TYPED = re.compile(r"[0-9*]{0,40}")


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the chat: `who` is "menu", "contact" or "effect"."""

    who: str
    text: str
    language: str = ""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """The chat as it stands."""

    version: str
    kind: str
    language: str
    said: tuple[str, ...]
    lines: tuple[Spoken, ...]
    prompt: Prompt | None
    over: bool
    broken: bool = False
    by: str = _CHAT

    @property
    def keypad(self) -> list[tuple[str, str]]:
        """Every key with what it is for now ("" for nothing)."""
        meant = {key: choice.label for key, choice in prompts.keys_of(self.prompt)} if self.prompt else {}
        return [(key, meant.get(key, "")) for key in _KEYPAD]

    @property
    def collects(self) -> bool:
        """Are keys gathered until #, or is each an answer?"""
        return self.prompt is not None and (self.prompt.open or not self.prompt.choices)


def play(
    tree: Tree | None, version: str, kind: str, language: str, said: tuple[str, ...], market: tuple[str, ...],
    queues: dict[int, str], by: str = _CHAT,
) -> Trial:  # fmt: skip
    """Play it from the first message.

    What is said is "t:" and words, "c:" and the value of a choice, or "k:" and keys (none at first: the call itself).
    """
    shell = Trial(version=version, kind=kind, language=language, said=said, lines=(), prompt=None, over=False, by=by)
    if tree is None:
        return msgspec.structs.replace(shell, broken=True)
    if not said:
        return shell
    prepared, lines = flow.prepare(tree), list[Spoken]()
    turn: engine.Turn | None = None
    for each in said:
        text = _shown(each, turn)
        lines.append(Spoken(who="contact" if text else "effect", text=text or _("Somebody calls."), language=language))
        if turn is None:
            turn = engine.begin(prepared, engine.State(kind=kind, language=language, opening=text), market)
        else:
            turn = engine.answer(prepared, turn.state, market, *_meant(each, text, turn))
        lines += _heard(turn, queues, by)
        if turn.end:
            break
    prompt = turn.prompt if turn is not None else None
    return msgspec.structs.replace(shell, lines=tuple(lines), prompt=prompt, over=bool(turn and turn.end))


def _shown(said: str, turn: engine.Turn | None) -> str:
    if said.startswith("c:") and turn is not None and turn.prompt is not None:
        return next((each.label for each in turn.prompt.choices if each.value == said[2:]), said[2:])
    return said[2:]


def _meant(said: str, text: str, turn: engine.Turn) -> tuple[str, str]:
    """Words and choice. A key that picks nothing is no choice; 0 then asks for a person, as everybody expects."""
    if said.startswith("c:"):
        return text, said[2:]
    if said.startswith("k:") and turn.prompt is not None:
        meant = {key: choice.value for key, choice in prompts.keys_of(turn.prompt)}
        return text, meant.get(text, engine.HUMAN if text == "0" else "")
    return text, ""


def _heard(turn: engine.Turn, queues: dict[int, str], by: str) -> list[Spoken]:
    lines = [Spoken(who="effect", text=each) for each in _effects(turn.learned)]
    language = turn.state.language
    lines += [Spoken(who="menu", text=each, language=language) for each in turn.say]
    if turn.prompt is not None:
        lines.append(Spoken(who="menu", text=turn.prompt.text, language=turn.prompt.language))
        if by == _KEYS:
            lines += [
                Spoken(who="key", text=_("Press %(key)s: %(choice)s", key=key, choice=choice.label))
                for key, choice in prompts.keys_of(turn.prompt)
            ]
    if turn.end == "human":
        queue = queues.get(turn.queue or 0, _("the usual queue"))
        lines.append(Spoken(who="effect", text=_("A person takes over, in %(queue)s.", queue=queue)))
    if turn.end == "solved":
        lines.append(Spoken(who="effect", text=_("The conversation is solved.")))
    if turn.reason is not None:
        lines.append(Spoken(who="effect", text=render(turn.reason)))
    return lines


def _effects(learned: Learned) -> list[str]:
    found = []
    if learned.contact_kind:
        found.append(_("Contact type: %(kind)s", kind=wording.contact_kind(learned.contact_kind)))
    if learned.language:
        found.append(_("Language: %(language)s", language=language_name(learned.language)))
    if learned.category:
        found.append(_("Topic: %(topic)s", topic=learned.category))
    if learned.tags:
        found.append(_("Tags: %(tags)s", tags=", ".join(learned.tags)))
    return found + [f"{name}: {value}" for name, value in learned.attributes.items()]


def _with_keys(said: list[str], gathered: str) -> list[str]:
    """What was gathered until # is one answer. Only keys are heard on a telephone."""
    heard = [each for each in said if _PRESSED.fullmatch(each)]
    if heard and heard[-1] == "k:#":
        heard[-1:] = [f"k:{gathered}"] if gathered and _TYPED.fullmatch(gathered) else []
    return heard


async def trial_of(request: Req, menu: service.Menu) -> dict[str, Any]:
    """What the chat's template needs, read from the address."""
    query, viewer = request.query_params, cast(Viewer, request.user)
    market = await service.languages(menu)
    codes = tuple(dict.fromkeys((*market, *languages_of(menu.draft or Tree()))))
    wanted = query.get("version", "")
    chosen = next((each for each in menu.versions if str(each.number) == wanted), None)
    by = _KEYS if query.get("by") == _KEYS else _CHAT
    said = [each[:_LONGEST] for each in query.getall("said", []) if each[:2] in _SAID[by]][:_MOST_SAID]
    if by == _KEYS:
        said = _with_keys(said, query.get("keys", ""))
    elif typed := query.get("typed", "").strip()[:_LONGEST]:
        said.append(f"t:{typed}")
    kind = query.get("kind", "customer")
    speaks = query.get("speaks", "")
    trial = play(
        chosen.tree if chosen else menu.draft,
        str(chosen.number) if chosen else "",
        kind,
        speaks if speaks in codes else codes[0],
        tuple(said),
        market,
        {queue.id: queue.name for queue in await service.queues_of(viewer, menu)},
        by,
    )
    return {"trial": trial, "trial_languages": codes, "kinds": KINDS}


@get("/{number:int}/trial", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def trial(request: Req, number: FromPath[int]) -> Page:
    """The chat, by itself."""
    menu = await service.get_menu(cast(Viewer, request.user), number)
    return await htmx.page(request, "menus/trial.html", menu=menu, **await trial_of(request, menu))


HANDLERS = [trial]

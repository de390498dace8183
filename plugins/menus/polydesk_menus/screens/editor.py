"""The outline: reading it, changing it line by line, publishing it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from litestar import Response, get, post
from litestar.params import FromPath

from polydesk import i18n
from polydesk.contacts.kinds import KINDS
from polydesk.errors import Invalid, NotFound
from polydesk.fields import Choice
from polydesk.i18n import N_, _
from polydesk.staff.access import Viewer
from polydesk.types import Text
from polydesk.web import guards, htmx
from polydesk.web.forms import Form, whole
from polydesk.web.htmx import Page, Req
from polydesk_menus import checking, editing, forms, service, wording
from polydesk_menus.screens import place, shown
from polydesk_menus.screens.trial import trial_of
from polydesk_menus.service import Menu
from polydesk_menus.tree import Line, Tree, find, kind_of, languages_of


async def show(request: Req, menu: Menu, *, edited: str = "", form: Form[Any] | None = None, status: int = 200) -> Page:
    """The editor; `edited` is the line whose form is open."""
    viewer, draft = cast(Viewer, request.user), menu.draft or Tree()
    market = await service.languages(menu)
    codes = tuple(dict.fromkeys((*market, *languages_of(draft))))
    wanted = request.query_params.get("language", "")
    reading = wanted if wanted in codes else i18n.language() if i18n.language() in codes else codes[0]
    queues = await service.queues_of(viewer, menu)
    problems = checking.check(draft, market, [queue.id for queue in queues])
    line = find(draft, edited) if edited else None
    names = {queue.id: queue.name for queue in queues}
    return await htmx.page(
        request,
        "menus/editor.html",
        status=status,
        menu=menu,
        place=await place.place_name(menu.client, menu.market),
        rows=shown.rows(draft, problems, (reading, *codes), names),
        general=[each for each in problems if not each.line],
        errors=sum(1 for each in problems if each.weight == "error"),
        warnings=sum(1 for each in problems if each.weight == "warning"),
        reach=[(wording.contact_kind(each.kind), each) for each in checking.reach(draft, tuple(KINDS)[:3])],
        languages=codes,
        reading=reading,
        edited=line,
        edited_kind=kind_of(line) if line else "",
        edited_problems=[each for each in problems if line and each.line == line.id],
        form=form or (_form(line, draft, codes, queues) if line else None),
        kind_name=wording.kind_name,
        kind_icon=wording.ICONS,
        names=await place.names(viewer),
        saved="",
        **await trial_of(request, menu),
    )


def _form(line: Line, tree: Tree, languages: Sequence[str], queues: Sequence[Any], typed: Any = None) -> Form[Any]:
    nowhere = Choice("", Text("—"))
    sentences = {
        each.id: wording.sentence(each, tree, tuple(languages), {}) or wording.kind_name(kind_of(each))
        for each in editing.targets(tree, line.id)
    }
    choices = {
        "contact_kind": [
            nowhere,
            *(Choice(kind, label) for kind, label in KINDS.items()),
        ],
        "language": [nowhere, *(Choice(code, Text("{language}", {"language": code})) for code in languages)],
        "to": [nowhere, *(Choice(id, Text("{name}", {"name": words[:80]})) for id, words in sentences.items())],
        "queue": [
            Choice("", Text(N_("The usual queue"))),
            *(Choice(str(queue.id), Text("{name}", {"name": queue.name})) for queue in queues),
        ],
    }
    return Form(forms.FORMS[kind_of(line)], typed, stored=forms.stored(line), choices=choices)


@get("/{number:int}", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def open_menu(request: Req, number: FromPath[int]) -> Page:
    """The outline, with a line open if the address names one."""
    menu = await service.get_menu(cast(Viewer, request.user), number)
    return await show(request, menu, edited=request.query_params.get("edit", ""))


async def _done(request: Req, menu: int, line: str = "", edited: str = "") -> Page | Response[bytes]:
    """The outline anew, where htmx asked for it; else on to its address, at the line."""
    if htmx.target(request):
        return await show(request, await service.get_menu(cast(Viewer, request.user), menu), edited=edited)
    at = f"?edit={edited}" if edited else ""
    return htmx.redirect(f"/p/menus/{menu}{at}#line-{edited or line}" if edited or line else f"/p/menus/{menu}{at}")


@post("/{number:int}/lines", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def add(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """A new line, open at once."""
    typed, made = await request.form(), ""

    def change(tree: Tree) -> Tree:
        nonlocal made
        after, inside = str(typed.get("after", "")), str(typed.get("inside", ""))
        changed, made = editing.add(tree, str(typed.get("kind", "")), after=after, inside=inside)
        return changed

    await service.edit(cast(Viewer, request.user), number, change)
    return await _done(request, number, edited=made)


@post("/{number:int}/lines/{line:str}", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def save(request: Req, number: FromPath[int], line: FromPath[str]) -> Page | Response[bytes]:
    """What a line says. With htmx it is kept as one writes."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    menu = await service.get_menu(viewer, number)
    tree = menu.draft or Tree()
    found = find(tree, line)
    if found is None:
        raise NotFound(_("This step is no longer there; somebody else has taken it away."))
    codes = tuple(dict.fromkeys((*await service.languages(menu), *languages_of(tree))))
    form = _form(found, tree, codes, await service.queues_of(viewer, menu), typed)
    if form.value is None:
        return await show(request, menu, edited=line, form=form, status=422)
    changes = forms.fields(found, form.value, typed, codes)
    menu = await service.edit(viewer, number, lambda now: editing.change(now, line, changes))
    if htmx.target(request) == "saved":
        return await show(request, menu, edited=line)
    return await _done(request, number, line=line)


@post("/{number:int}/lines/{line:str}/{do:str}", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def arrange(
    request: Req, number: FromPath[int], line: FromPath[str], do: FromPath[str]
) -> Page | Response[bytes]:
    """Move a line or take it away."""
    changes: dict[str, Callable[[Tree], Tree]] = {
        "up": lambda tree: editing.move(tree, line, -1),
        "down": lambda tree: editing.move(tree, line, 1),
        "remove": lambda tree: editing.remove(tree, line),
    }
    if do not in changes:
        raise NotFound(_("There is nothing here, or it is not yours to see."))
    await service.edit(cast(Viewer, request.user), number, changes[do])
    return await _done(request, number, line="" if do == "remove" else line)


@post("/{number:int}/undo", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def undo(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Take the last change back."""
    await service.undo(cast(Viewer, request.user), number)
    return await _done(request, number)


@post("/{number:int}/whole", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def whole_menu(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """What concerns the whole menu: patience, and further words that ask for a person."""
    typed = await request.form()
    patience = whole(typed.get("patience", "2"))

    def change(tree: Tree) -> Tree:
        words = {
            key.removeprefix("human-"): str(said).strip()[:500] for key, said in typed.items() if key[:6] == "human-"
        }
        kept = {code: said for code, said in {**tree.human, **words}.items() if said}
        within = min(5, max(1, patience or 2))
        return Tree(steps=tree.steps, counter=tree.counter, patience=within, human=kept)

    await service.edit(cast(Viewer, request.user), number, change)
    return await _done(request, number)


@post("/{number:int}/publish", guards=[guards.may(service.RIGHT)], include_in_schema=False)
async def publish(request: Req, number: FromPath[int]) -> Page | Response[bytes]:
    """Put the draft before contacts."""
    viewer, typed = cast(Viewer, request.user), await request.form()
    share = whole(typed.get("share", "100"))
    try:
        made = await service.publish(viewer, number, str(typed.get("note", "")), min(100, max(1, share or 100)))
    except Invalid as problem:
        return htmx.redirect(f"/p/menus/{number}", str(problem))
    return htmx.redirect(f"/p/menus/{number}", _("Version %(number)s is published.", number=made))


HANDLERS = [open_menu, add, save, arrange, undo, whole_menu, publish]

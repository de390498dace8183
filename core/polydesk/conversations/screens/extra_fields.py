"""What a reply carries besides words and files, read from the composer's fields."""

from __future__ import annotations

import re
from typing import Any

from polydesk import db
from polydesk.conversations import templates
from polydesk.conversations.extras import Extras
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.types import Card, Choice, Piece, Place, Products, Prompt
from polydesk.web.forms import whole

_COORDINATES = re.compile(r"(-?\d{1,3}(?:[.,]\d+)?)\s*[,;/ ]\s*(-?\d{1,3}(?:[.,]\d+)?)")
FIELD = "t-"
"""Before the name of a template's hole in the form."""


async def read(form: Any, account: int, text: str) -> Extras:
    """From a submitted form; `Invalid` names the field that cannot be used."""
    return Extras(
        template=await _template(form, account),
        prompt=_prompt(form, text),
        pieces=tuple(_pieces(form)),
        quotes=whole(str(form.get("quotes") or "")) or None,
    )


async def _template(form: Any, account: int) -> Any:
    name, _bar, language = str(form.get("template") or "").rpartition("|")
    if not name:
        return None
    values = {key.removeprefix(FIELD): str(value) for key, value in form.items() if key.startswith(FIELD)}
    return await templates.chosen(account, name, language, values)


def _prompt(form: Any, text: str) -> Prompt | None:
    labels = [" ".join(line.split()) for line in db.clean(str(form.get("choices") or "")).splitlines()]
    labels = list(dict.fromkeys(label for label in labels if label))
    if not labels:
        return None
    if not text.strip():
        raise Invalid({"text": _("Write the question that the choices answer.")})
    return Prompt(text=text, choices=tuple(Choice(value=label[:200], label=label[:200]) for label in labels))


def _pieces(form: Any) -> list[Piece]:
    found: list[Piece] = []
    if where := str(form.get("place") or "").strip():
        numbers = _COORDINATES.search(where)
        if numbers is None:
            raise Invalid({"place": _("Enter latitude and longitude, such as 41.6938, 44.8015.")})
        latitude, longitude = (float(each.replace(",", ".")) for each in numbers.groups())
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            raise Invalid({"place": _("Enter latitude and longitude, such as 41.6938, 44.8015.")})
        found.append(Place(latitude=latitude, longitude=longitude, name=_line(form, "place-name")))
    if name := _line(form, "card-name"):
        phones = tuple(each.strip() for each in _line(form, "card-phone").split(",") if each.strip())
        found.append(Card(name=name, phones=phones))
    if skus := tuple(each.strip() for each in re.split(r"[,\s]+", _line(form, "products")) if each.strip()):
        found.append(Products(skus=skus))
    return found


def _line(form: Any, name: str) -> str:
    return db.clean(" ".join(str(form.get(name) or "").split()))[:300]

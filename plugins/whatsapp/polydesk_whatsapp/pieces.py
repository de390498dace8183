"""Places, cards and baskets, as Meta writes them and as we do."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import get_currency_precision

from polydesk.types import Basket, BasketLine, Card, Place


def place(about: dict[str, Any]) -> Place | None:
    """A location; None when it is nowhere on earth."""
    try:
        latitude, longitude = float(about["latitude"]), float(about["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        return None
    named = {name: str(about.get(name) or "") for name in ("name", "address", "url")}
    return Place(latitude=latitude, longitude=longitude, **named)


def cards(about: list[Any]) -> tuple[Card, ...]:
    """Visiting cards; a number is written as its owner wrote it."""
    return tuple(_card(each) for each in about if isinstance(each, dict))


def _card(about: dict[str, Any]) -> Card:
    name = about.get("name") if isinstance(about.get("name"), dict) else {}
    work = about.get("org") if isinstance(about.get("org"), dict) else {}
    return Card(
        name=str((name or {}).get("formatted_name") or ""),
        organisation=str((work or {}).get("company") or ""),
        phones=_each(about.get("phones"), "phone"),
        emails=_each(about.get("emails"), "email"),
    )


def _each(values: Any, name: str) -> tuple[str, ...]:
    found = values if isinstance(values, list) else []
    return tuple(str(each[name]) for each in found if isinstance(each, dict) and each.get(name))


def basket(about: dict[str, Any]) -> Basket | None:
    """An order from the catalogue; None when nothing is in it."""
    items = about.get("product_items")
    lines = tuple(_line(each) for each in items if isinstance(each, dict)) if isinstance(items, list) else ()
    return Basket(lines=lines, catalogue=str(about.get("catalog_id") or "")) if lines else None


def _line(about: dict[str, Any]) -> BasketLine:
    currency = str(about.get("currency") or "")
    try:
        price: int | None = round(Decimal(str(about["item_price"])).scaleb(get_currency_precision(currency)))
    except (KeyError, InvalidOperation, ValueError, OverflowError):
        price = None
    quantity = str(about.get("quantity") or "1")
    return BasketLine(
        sku=str(about.get("product_retailer_id") or ""),
        quantity=int(quantity) if quantity.isdecimal() else 1,
        price=price,
        currency=currency,
    )


def written(piece: Place | Card) -> dict[str, Any]:
    """A place or a card as a message's type and content."""
    if isinstance(piece, Place):
        found: dict[str, Any] = {"latitude": piece.latitude, "longitude": piece.longitude}
        found |= {name: value for name, value in (("name", piece.name), ("address", piece.address)) if value}
        return {"type": "location", "location": found}
    card: dict[str, Any] = {"name": {"formatted_name": piece.name, "first_name": piece.name}}
    if piece.organisation:
        card["org"] = {"company": piece.organisation}
    if piece.phones:
        card["phones"] = [{"phone": each} for each in piece.phones]
    if piece.emails:
        card["emails"] = [{"email": each} for each in piece.emails]
    return {"type": "contacts", "contacts": [card]}

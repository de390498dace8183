"""What a message holds besides words and files, as one line each with an icon and perhaps a link."""

from __future__ import annotations

from urllib.parse import urlsplit

import msgspec
from babel.numbers import format_currency, get_currency_precision

from polydesk import i18n
from polydesk.i18n import _, ngettext
from polydesk.types import Basket, BasketLine, Card, Link, Piece, Place, Products


class ShownPiece(msgspec.Struct, frozen=True, kw_only=True):
    """A title, perhaps a link, and lines under it."""

    icon: str
    title: str
    url: str = ""
    lines: tuple[str, ...] = ()


def show(pieces: tuple[Piece, ...]) -> tuple[ShownPiece, ...]:
    """Each piece in the reader's language."""
    return tuple(_one(piece) for piece in pieces)


def _one(piece: Piece) -> ShownPiece:
    match piece:
        case Place():
            where = f"{piece.latitude:.5f}, {piece.longitude:.5f}"
            return ShownPiece(
                icon="map-pin",
                title=piece.name or _("A place"),
                url=f"https://www.openstreetmap.org/?mlat={piece.latitude:.6f}&mlon={piece.longitude:.6f}#map=16/"
                f"{piece.latitude:.6f}/{piece.longitude:.6f}",
                lines=tuple(each for each in (piece.address, where) if each),
            )
        case Card():
            lines = (piece.organisation, *piece.phones, *piece.emails)
            return ShownPiece(icon="address-book", title=piece.name, lines=tuple(each for each in lines if each))
        case Basket():
            count = sum(line.quantity for line in piece.lines)
            title = ngettext("Order of %(num)s item", "Order of %(num)s items", count)
            total = _total(piece.lines)
            return ShownPiece(
                icon="shopping-cart",
                title=f"{title} · {total}" if total else title,
                lines=tuple(_line(line) for line in piece.lines),
            )
        case Products():
            return ShownPiece(icon="shopping-cart", title=piece.title or _("Products"), lines=piece.skus)
        case Link():
            return ShownPiece(
                icon={"ad": "speakerphone", "story": "photo", "product": "shopping-cart"}.get(piece.role, "link"),
                title=_role(piece),
                url=piece.url if urlsplit(piece.url).scheme in ("http", "https") else "",
                lines=tuple(each for each in (piece.text,) if each),
            )


def _role(link: Link) -> str:
    named = link.title or link.url
    match link.role:
        case "ad":
            return _("Came from the advertisement: %(title)s", title=named)
        case "story":
            return _("About a story: %(title)s", title=named) if link.title else _("About a story")
        case "share":
            return _("Shared: %(title)s", title=named)
        case "product":
            return _("About the product %(title)s", title=named)
    return named


def _line(line: BasketLine) -> str:
    name = line.name or line.sku
    price = f" · {_money(line.price, line.currency)}" if line.price is not None else ""
    return f"{line.quantity} × {name}{price}"


def _total(lines: tuple[BasketLine, ...]) -> str:
    currencies = {line.currency for line in lines}
    if len(currencies) != 1 or any(line.price is None for line in lines):
        return ""
    return _money(sum((line.price or 0) * line.quantity for line in lines), currencies.pop())


def _money(minor: int, currency: str) -> str:
    if not currency:
        return str(minor)
    digits = get_currency_precision(currency)
    return str(format_currency(minor / 10**digits, currency, locale=i18n.locale()))

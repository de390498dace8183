"""What a message may hold beside words: files, places, cards, baskets, templates."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Place(Struct, frozen=True, kw_only=True, tag="place"):
    """A spot on the map, in degrees."""

    latitude: float
    longitude: float
    name: str = ""
    address: str = ""
    url: str = ""


class Card(Struct, frozen=True, kw_only=True, tag="card"):
    """Somebody's visiting card."""

    name: str
    organisation: str = ""
    phones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()


class BasketLine(Struct, frozen=True, kw_only=True):
    """One line of an order; `price` is for one, in minor units of `currency`."""

    sku: str
    name: str = ""
    quantity: int = 1
    price: int | None = None
    currency: str = ""


class Basket(Struct, frozen=True, kw_only=True, tag="basket"):
    """What a contact ordered from a catalogue, in the conversation."""

    lines: tuple[BasketLine, ...]
    catalogue: str = ""


class Products(Struct, frozen=True, kw_only=True, tag="products"):
    """Goods of a catalogue, shown to choose from."""

    skus: tuple[str, ...]
    catalogue: str = ""
    title: str = ""


class Link(Struct, frozen=True, kw_only=True, tag="link"):
    """Something elsewhere that a message is about; `role` says what it is to the message."""

    url: str
    title: str = ""
    text: str = ""
    role: Literal["ad", "story", "share", "product", "page"] = "page"


Piece = Place | Card | Basket | Products | Link
"""What a message may hold that is neither words nor a file."""


class TemplateParameter(Struct, frozen=True, kw_only=True):
    """A hole in a template: `key` is unique in it; `place` says where it stands, `kind` what goes in."""

    key: str
    place: Literal["header", "body", "button"] = "body"
    kind: Literal["text", "url", "media"] = "text"
    example: str = ""


class Template(Struct, frozen=True, kw_only=True):
    """Words a service has approved beforehand, in one language; holes are written `{{key}}`.

    Only an approved one may be sent. `status` and `category` are the service's own words.
    """

    name: str
    language: str
    body: str
    status: str = ""
    approved: bool = True
    category: str = ""
    header: str = ""
    footer: str = ""
    buttons: tuple[str, ...] = ()
    parameters: tuple[TemplateParameter, ...] = ()


class TemplateUse(Struct, frozen=True, kw_only=True):
    """A template chosen, with what goes into its holes by key."""

    template: Template
    values: dict[str, str] = {}


class Attached(Struct, frozen=True, kw_only=True):
    """A file that came with a message; `content_id` is set when the HTML shows it in place as `cid:<content_id>`."""

    name: str
    media_type: str
    data: bytes
    content_id: str = ""
    inline: bool = False

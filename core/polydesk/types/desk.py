"""What plugins add to the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct, field

from polydesk.types.basics import Role, Text


class PluginInfo(Struct, frozen=True, kw_only=True):
    """What a plugin's `plugin.py` says of itself in `PLUGIN`; `requires` is a version range of Polydesk (PEP 440)."""

    label: Text
    description: Text
    requires: str = ""


class Permission(Struct, frozen=True, kw_only=True):
    """A right, and the roles that hold it unless an admin says otherwise; `name` is "<plugin>.<verb>"."""

    name: str
    label: Text
    roles: tuple[Role, ...] = ()


class NavigationEntry(Struct, frozen=True, kw_only=True):
    """A line in the main menu; shown to those who hold `permission` ("" is everyone), ordered by `weight`."""

    label: Text
    path: str
    icon: str = "puzzle"
    permission: str = ""
    weight: int = 100


class Slot(Struct, frozen=True, kw_only=True):
    """A fragment a plugin puts into a core screen: `place` ("conversation.sidebar", …) and a template of the plugin's.

    `load` is awaited with `(scope, context)` and gives the template's variables; None shows nothing. It runs under the
    plugin's time budget: a slot that fails or is late is left out and said.
    """

    place: str
    template: str
    load: Any = None
    weight: int = 100


class Told(Struct, frozen=True, kw_only=True):
    """One line of the timeline in the reader's own words, perhaps with somewhere to go on."""

    line: str
    tone: Literal["", "bad"] = ""
    link: str = ""
    link_label: str = ""
    icon: str = ""


class ItemKind(Struct, frozen=True, kw_only=True):
    """A kind of timeline item a plugin appends.

    `tell(person_name, text, data) -> Told` says how one reads, at once and without effect; without it, and where it
    fails, the label and the item's text stand there. `answers`: with it an agent has answered the contact.
    """

    name: str
    label: Text
    icon: str = "point"
    tell: Any = None
    answers: bool = False


class ItemDraft(Struct, frozen=True, kw_only=True):
    """A timeline item from outside (an order, a ride…) shown beside ours but not stored."""

    kind: str
    occurred_at: datetime
    text: str
    data: dict[str, Any] = field(default_factory=dict)


class JobKind(Struct, frozen=True, kw_only=True):
    """Work that runs later: `handler(job)` where `job.args` is what was enqueued. See `polydesk.jobs`.

    `on_dead(job, reason)` is awaited in the transaction that gives the job up after its last attempt.
    """

    name: str
    handler: Any
    max_attempts: int = 8
    on_dead: Any = None


class Schedule(Struct, frozen=True, kw_only=True):
    """A job that runs again and again, `every` seconds, in one process at a time however many there are."""

    name: str
    job: str
    every: float
    args: dict[str, Any] = {}


class PersonalData(Struct, frozen=True, kw_only=True):
    """How a plugin gives out and erases what it holds of a contact: `export(id) -> dict`, `erase(id)`."""

    name: str
    export: Any
    erase: Any


class Metric(Struct, frozen=True, kw_only=True):
    """A figure computed from the timeline; `compute(scope, since, until) -> float`."""

    name: str
    label: Text
    unit: str
    compute: Any


class DemoStep(Struct, frozen=True, kw_only=True):
    """A piece of demo data: `load(progress)` is awaited once, after core's own people, clients and queues exist."""

    name: str
    load: Any
    weight: int = 100


class PackPart(Struct, frozen=True, kw_only=True):
    """A part of a client's or market's configuration, as readable values; `name` is "<plugin>.<what>".

    `read(scope) -> {key: values}` gives what is set at exactly this scope: plain JSON values, other things by name and
    never by id, no secrets, keys and order stable. `write(scope, key, values, person)` makes it so, None takes it
    away; it runs in a transaction, parts with a smaller `weight` first, and raises `Invalid` for what cannot be.
    Without `copies`, the part stays behind when another market is made from this one (addresses, accounts).
    `permission` is the right its own screen asks for: who lacks it neither takes the part home nor sets it by a pack
    or copy; "" leaves it to all who may set up the place.
    """

    name: str
    label: Text
    read: Any
    write: Any
    weight: int = 100
    copies: bool = True
    permission: str = ""


class Theme(Struct, frozen=True, kw_only=True):
    """How the desk looks for a client or market: a folder with what differs from the theme it is `based_on`.

    `theme.css` sets the tokens, `templates/` replaces core's templates and, below a plugin's name, that plugin's;
    `static/` replaces files (`icon.svg`) and may hold a `logo.svg`.
    """

    name: str
    label: Text
    folder: Any
    based_on: str = "default"

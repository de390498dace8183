"""What a contact is asked before an agent takes over."""

from __future__ import annotations

from msgspec import Struct

from polydesk.types.basics import Text


class Choice(Struct, frozen=True, kw_only=True):
    """One answer a contact may pick; every channel renders it its own way (button, row, number, key, word)."""

    value: str
    label: str
    description: str = ""


class Prompt(Struct, frozen=True, kw_only=True):
    """What to ask a contact before an agent takes over; no choices means a free answer is awaited.

    With `open`, something typed is awaited and the choices are ways around it.
    """

    text: str
    choices: tuple[Choice, ...] = ()
    language: str = ""
    open: bool = False


class Learned(Struct, frozen=True, kw_only=True):
    """What a contact's answers told; "" and {} leave what was known. `attributes` belong to the conversation."""

    contact_kind: str = ""
    language: str = ""
    category: str = ""
    tags: tuple[str, ...] = ()
    attributes: dict[str, str] = {}


class Step(Struct, frozen=True, kw_only=True):
    """What to do with a conversation no agent has yet: keep what was learned, say something, then ask or hand over.

    Without `ask` the conversation goes to `queue` (None: where it would go anyway), or is solved with `solve`.
    """

    say: str = ""
    ask: Prompt | None = None
    learned: Learned = Learned()
    queue: int | None = None
    reason: Text | None = None
    solve: bool = False

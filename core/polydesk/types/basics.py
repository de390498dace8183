"""Words used in every shape: states, scopes and text to be translated."""

from __future__ import annotations

from typing import Literal, NamedTuple

from msgspec import Struct

ConversationStatus = Literal["open", "waiting", "snoozed", "solved"]
DeliveryState = Literal["queued", "sending", "sent", "delivered", "read", "failed"]
Direction = Literal["in", "out", ""]
Role = Literal["agent", "analyst", "supervisor", "admin"]
Presence = Literal["ready", "away", "offline"]


class Scope(NamedTuple):
    """Where something happens: `(client id, market id)`; None means "any", so `Scope()` is the installation."""

    client: int | None = None
    market: int | None = None


class Text(Struct, frozen=True):
    """Words to be shown later in the reader's own language: a msgid with `{named}` holes and what fills them.

    Mark the msgid with `N_()` so that extraction finds it. Values are shown as they are (escaped by the page).
    """

    template: str
    values: dict[str, str | int] = {}

    def __str__(self) -> str:
        """The untranslated words, for logs."""
        return self.template.format_map(self.values) if self.values else self.template

"""What a reply may carry besides words and files."""

from __future__ import annotations

from typing import Any

import msgspec

from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.types import Capabilities, Piece, Prompt, TemplateUse

MOST_CHOICES = 10


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """A template instead of words, choices to press, places and products; `quotes` is the item answered."""

    template: TemplateUse | None = None
    prompt: Prompt | None = None
    pieces: tuple[Piece, ...] = ()
    quotes: int | None = None

    def stored(self) -> dict[str, Any]:
        """As it is kept in the item's data."""
        return {
            "template": self.template,
            "prompt": self.prompt,
            "pieces": self.pieces,
            "quotes": self.quotes,
        }

    def check(self, can: Capabilities) -> None:
        """`Invalid` when the channel cannot carry it."""
        if self.template is not None:
            use = self.template
            if not can.templates or not use.template.approved:
                raise Invalid({"template": _("This template cannot be sent.")})
            missing = [each.key for each in use.template.parameters if not use.values.get(each.key, "").strip()]
            if missing:
                raise Invalid({"template": _("Fill in: %(names)s", names=", ".join(missing))})
        if any(_tag(each) not in can.pieces for each in self.pieces):
            raise Invalid({"pieces": _("This channel cannot send that.")})
        most = max(can.choices, MOST_CHOICES)
        if self.prompt is not None and len(self.prompt.choices) > most:
            raise Invalid({"choices": _("Offer at most %(count)s choices.", count=most)})


NO_EXTRAS = Extras()


def _tag(piece: Piece) -> str:
    return str(piece.__struct_config__.tag)

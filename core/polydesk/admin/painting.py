"""The matrix's cells as HTML by a plain function: a page holds hundreds, and macros cost ten times as much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup, escape

from polydesk.admin.matrix import CellView, Column, Row
from polydesk.i18n import _, ngettext, pgettext, render
from polydesk.scopes.switches import Place
from polydesk.types import Text


class Painter:
    """Draws cells for one reader; `names` are the clients' by id, `post_to` is where a choice goes."""

    def __init__(self, names: Mapping[int, str], post_to: str) -> None:
        self._names = names
        self._post = escape(post_to)
        self._on, self._off = escape(pgettext("switch", "On")), escape(pgettext("switch", "Off"))
        # Switches of what cannot be used mean nothing until it can: they are kept, and not shown.
        words = escape(_("Not in use"))
        self._nowhere = Markup(f'<span class="switch" data-inherited>{words}</span>')  # noqa: S704 - escaped
        self._known: dict[tuple[bool, Place | None], Markup] = {}

    def cells(self, row: Row, columns: Sequence[Column]) -> Markup:
        """A plugin's line of the matrix: a table cell for each column."""
        label, installation = render(row.label), _("the whole installation")
        drawn = []
        for it, column in zip(row.cells, columns, strict=True):
            kind = ' class="market"' if column.scope.market else ""
            differs = f'<small class="warn-ink">{self.differs(it)}</small>' if it.differs and not column.opened else ""
            shown = self.cell(it, label, column.name or installation, column.may) if row.available else self._nowhere
            drawn.append(f"<td{kind}>{shown}{differs}</td>")
        return Markup("".join(drawn))  # noqa: S704 - made of escaped parts

    def cell(self, it: CellView, label: str | Text, place: str, may: bool) -> Markup:
        """A choice of three for whoever may switch there, for others what holds."""
        state = f'data-state="{"on" if it.on else "off"}"{" data-inherited" if it.own is None else ""}'
        inherits = self._inherits(it.inherited, it.source)
        if not may:
            words = inherits if it.own is None else self._on if it.own else self._off
            return Markup(f'<span class="switch" {state}>{words}</span>')  # noqa: S704 - made of escaped parts
        was = "n" if it.own is None else "t" if it.own else "f"
        client, market = it.cell.client or 0, it.cell.market or 0
        here, on, off = ("", " selected", "") if it.own else ("", "", " selected")
        if it.own is None:
            here, on, off = " selected", "", ""
        name = escape(it.cell.plugin)
        return Markup(  # noqa: S704 - made of escaped parts
            f'<select class="switch" id="c-{name}-{client}-{market}" name="{name}.{client}.{market}.{was}" '
            f'aria-label="{escape(render(label))}, {escape(place)}" {state} hx-post="{self._post}">'
            f'<option value="inherit"{here}>{inherits}</option><option value="on"{on}>{self._on}</option>'
            f'<option value="off"{off}>{self._off}</option></select>'
        )

    def line(self, row: Row, column: Column) -> Markup:
        """A plugin in one place alone."""
        return (
            self.cell(row.cells[0], row.label, column.name or _("the whole installation"), column.may)
            if (row.available)
            else self._nowhere
        )

    def differs(self, it: CellView) -> str:
        """How many folded markets are otherwise than their client."""
        return ngettext("%(num)s market differs", "%(num)s markets differ", it.differs) if it.differs else ""

    def _inherits(self, on: bool, source: Place | None) -> Markup:
        known = self._known.get((on, source))
        if known is None:
            if source is None:
                words = _("On, as installed") if on else _("Off, as installed")
            elif source[0] is None:
                words = _("On, from the installation") if on else _("Off, from the installation")
            else:
                name = self._names.get(source[0], "")
                words = _("On, from %(place)s", place=name) if on else _("Off, from %(place)s", place=name)
            known = self._known[on, source] = escape(words)
        return known

"""A report as a file for spreadsheets: values as numbers, and beside each ratio what was divided by what."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from polydesk.i18n import _, render
from polydesk_voice.figures.columns import Column, columns
from polydesk_voice.figures.formulas import Ratio, Tally
from polydesk_voice.figures.report import Report, Row

_NOTHING = Tally()


def table(report: Report) -> str:
    """Comma-separated values in UTF-8, with the mark that spreadsheets look for."""
    shown = columns(report.targets, report.asked.days)
    text = io.StringIO()
    text.write("\ufeff")
    writer = csv.writer(text)
    writer.writerow([*_heads(report), *(head for column in shown for head in _names(column))])
    for row in [*report.rows, report.total]:
        writer.writerow(safe([*_begin(report, row), *(cell for column in shown for cell in _cells(column, row))]))
    return text.getvalue()


def safe(cells: Iterable[object]) -> list[object]:
    """Cells that no spreadsheet takes for a formula; a telephone number may begin with +."""
    return [
        f"'{cell}"
        if isinstance(cell, str) and cell[:1] in "=-@\t\r+" and cell[:1] and not cell[1:].isdecimal()
        else cell
        for cell in cells
    ]


def _heads(report: Report) -> list[str]:
    if report.asked.by == "queue":
        return [_("Queue")]
    return [_("Day"), _("Time")] if report.asked.by == "interval" else [_("Day")]


def _begin(report: Report, row: Row) -> list[object]:
    if row is report.total:
        return [_("Total"), *([""] if report.asked.by == "interval" else [])]
    if row.queue is not None:
        return [row.queue.name]
    clock = row.clock + ("*" if row.again else "")
    return [row.day, clock] if report.asked.by == "interval" else [row.day]


def _names(column: Column) -> list[str]:
    label = render(column.label)
    if not isinstance(column.of(_NOTHING), Ratio):
        return [label]
    return [label, _("%(figure)s: numerator", figure=label), _("%(figure)s: denominator", figure=label)]


def _cells(column: Column, row: Row) -> list[object]:
    found = column.of(row.tally)
    if isinstance(found, Ratio):
        value = "" if found.value is None else round(found.value, 4)
        return [value, round(found.numerator, 3), round(found.denominator, 3)]
    return ["" if found is None else round(found, 3)]

"""Types of contact that every desk knows; others may be used besides."""

from __future__ import annotations

from polydesk.i18n import N_
from polydesk.types import Text

KINDS = {
    "customer": Text(N_("Customer")),
    "partner": Text(N_("Partner")),
    "courier": Text(N_("Courier")),
    "supplier": Text(N_("Supplier")),
    "other": Text(N_("Other")),
}

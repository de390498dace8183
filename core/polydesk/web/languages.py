"""The languages offered where one is chosen: CLDR knows hundreds, people look for these."""

from __future__ import annotations

from collections.abc import Iterable

from polydesk import i18n

_COMMON = (
    "ar bg bn ca cs da de el en es et fa fi fil fr he hi hr hu hy id it ja ka kk ko ky lt lv ms nb nl pl pt ro ru sk "
    "sl sq sr sv sw ta th tr uk ur uz vi zh"
)
COMMON = tuple(_COMMON.split())


def choices(chosen: Iterable[str] = ()) -> list[str]:
    """Codes for a list of checkboxes: those chosen first, then by name."""
    first = [code for code in chosen if code]
    return [*first, *sorted((code for code in COMMON if code not in first), key=i18n.language_name)]

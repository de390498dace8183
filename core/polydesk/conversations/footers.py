"""What the law wants under a letter, added as it goes out: the timeline keeps what was written."""

from __future__ import annotations

import html as markup

_SEPARATOR = "\n\n-- \n"


def under(text: str, html: str, footer: str) -> tuple[str, str]:
    """Text and HTML with the footer below, unless the writer put it there."""
    if not footer or text.rstrip().endswith(footer):
        return text, html
    if html:
        lines = "<br>".join(markup.escape(line) for line in footer.splitlines())
        html = f'{html}<hr><div dir="auto">{lines}</div>'
    return f"{text.rstrip()}{_SEPARATOR}{footer}", html

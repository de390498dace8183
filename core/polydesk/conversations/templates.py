"""Words a service approved beforehand, as they read once their holes are filled."""

from __future__ import annotations

import re

from polydesk import db
from polydesk.channels.service import templates_of
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.types import Template, TemplateUse

_HOLE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


def filled(use: TemplateUse) -> str:
    """Header, body and footer with the values in; a hole without one stays visible."""
    parts = (use.template.header, use.template.body, use.template.footer)

    def value(match: re.Match[str]) -> str:
        return use.values.get(match[1]) or match[0]

    return "\n\n".join(_HOLE.sub(value, part) for part in parts if part)


async def offered(account: int, language: str) -> list[Template]:
    """The approved ones of an account, those in the contact's language first."""
    found = [each for each in await templates_of(account) if each.approved]
    spoken = language.partition("-")[0].lower()
    return sorted(
        found,
        key=lambda each: (
            each.language.replace("_", "-").partition("-")[0].lower() != spoken,
            each.name,
            each.language,
        ),
    )


async def chosen(account: int, name: str, language: str, values: dict[str, str]) -> TemplateUse:
    """What somebody picked in a form, or `Invalid` when the service no longer has it."""
    for each in await templates_of(account):
        if each.name == name and each.language == language:
            clean = {key: db.clean(value).strip()[:1000] for key, value in values.items()}
            return TemplateUse(template=each, values=clean)
    raise Invalid({"template": _("This template does not exist any more.")})

"""Where a provider finds us: every document names the addresses to which what comes of it is told."""

from __future__ import annotations

from urllib.parse import urlencode

from polydesk.channels import service as channels
from polydesk.types import Account

NAME = "twiml"


def base(hook: str = "") -> str:
    """Everything of this provider is below it; `hook` is the channel's address where it is known."""
    return f"{hook or channels.hook('voice')}/{NAME}"


def of(account: Account, what: str, token: str = "", *, query: dict[str, str | int] | None = None) -> str:
    """One address. `token` is that of a party whose name at the provider we may not know yet."""
    path = f"{base()}/{what}/{account.id}" + (f"/{token}" if token else "")
    return f"{path}?{urlencode(query)}" if query else path

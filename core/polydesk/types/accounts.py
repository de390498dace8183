"""An account of a channel: how it is set up, how it is, what it can do."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from polydesk.types.basics import Text
from polydesk.types.pieces import Template


class Account(Struct, frozen=True, kw_only=True):
    """One mailbox, number or page of a channel; `settings` is an instance of the channel's settings class."""

    id: int
    client: int
    market: int | None = None
    channel: str
    name: str
    address: str
    settings: Any = None


class Capabilities(Struct, frozen=True, kw_only=True):
    """What a channel can do; the composer shows and offers exactly this.

    `max_text` is in characters, `max_file` in bytes; 0 means no limit of the channel's own. `file_limits` are
    stricter ones by the beginning of a media type: `("image/", 5_000_000)`; when it is not empty, a file that matches
    none of them cannot be sent.

    `chat` says that messages run on as one thread with each contact, in order: a message without a reference
    continues what the contact last talked about, replies go out one after the other, and plugins may ask before an
    agent does. `choices` is how many choices of a prompt it shows as buttons or a list (0: core numbers them in the
    text). `reply_window` is for how many seconds after a contact's last message anything may be sent, then only
    templates; in the `late_window` (counted likewise) a person may still answer. `pieces` are the tags of pieces that
    can be sent. `counter` "gsm" counts parts of a short message as they are written.

    Without `writes` nothing can be sent in writing at all: replies go another way. An `exclusive` conversation takes
    all of an agent's attention while it lasts, and none of the room that is kept for messages.
    """

    subject: bool = False
    copies: bool = False
    html: bool = False
    attachments: bool = False
    max_text: int = 0
    max_file: int = 0
    starts_conversations: bool = False
    chat: bool = False
    choices: int = 0
    templates: bool = False
    reply_window: int = 0
    late_window: int = 0
    file_limits: tuple[tuple[str, int], ...] = ()
    pieces: frozenset[str] = frozenset()
    quotes: bool = False
    reactions: bool = False
    typing: bool = False
    seen: bool = False
    counter: Literal["", "gsm"] = ""
    writes: bool = True
    exclusive: bool = False


class Instruction(Struct, frozen=True, kw_only=True):
    """A value the admin has to copy into the service's own settings (a callback address, a token…)."""

    label: Text
    value: str
    help: Text | None = None


class CheckResult(Struct, frozen=True, kw_only=True):
    """One line of a connection test, in the admin's words: what was tried, whether it worked, what to do if not."""

    step: Text
    ok: bool
    advice: Text | None = None
    technical: str = ""


class Fact(Struct, frozen=True, kw_only=True):
    """Something an account's service says of it (quality, limit, plan…), for the health screen."""

    name: str
    label: Text
    value: Text
    tone: Literal["", "good", "warn", "bad"] = ""


class AccountNews(Struct, frozen=True, kw_only=True):
    """How an account is, in its service's eyes. Facts replace earlier ones of the same name.

    `trouble` None says nothing about it, an empty Text that all is well. `templates` None keeps those known.
    """

    facts: tuple[Fact, ...] = ()
    trouble: Text | None = None
    templates: tuple[Template, ...] | None = None


class ConversationClaim(Struct, frozen=True, kw_only=True):
    """A plugin's answer to "which conversation does this message belong to"."""

    conversation: int
    reason: str

"""Every error Polydesk raises on purpose: the reader's sentence is the message."""

from __future__ import annotations

from polydesk.types import Text


class PolydeskError(Exception):
    """Base of every deliberate error; `str(error)` is a sentence fit to show a person.

    Given a `Text`, `words` can still be shown in the language of whoever reads it later.
    """

    def __init__(self, words: str | Text = "") -> None:
        self.words = words
        super().__init__(str(words))


class NotFound(PolydeskError):
    """The thing does not exist, or belongs to a client the viewer may not see: the two are never told apart."""


class Forbidden(PolydeskError):
    """The viewer may see the thing but lacks the right to do this with it."""


class Conflict(PolydeskError):
    """A unique key is taken: someone else did the same thing first."""


class MissingReference(PolydeskError):
    """A row points at another row that is not there (foreign key)."""


class Invalid(PolydeskError):
    """What was typed cannot be used; `fields` maps a field's name to the sentence shown beside it."""

    def __init__(self, fields: dict[str, str] | None = None, message: str = "") -> None:
        self.fields = fields or {}
        super().__init__(message or next(iter(self.fields.values()), ""))


class SettingsError(PolydeskError):
    """The configuration is wrong; the message is one sentence that names the setting."""


class TryLater(PolydeskError):
    """A channel could not send now but may later: the delivery is retried with back-off.

    `after` is the least number of seconds to wait, when the service said so.
    """

    def __init__(self, reason: str | Text, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class Refused(PolydeskError):
    """A service refused the message for good; the reason is the service's own words and reaches the agent."""


class OutcomeUnknown(PolydeskError):
    """The service may or may not have taken the message (the line broke after it was handed over).

    It is sent again under the same external id, and the timeline says so.
    """


class Unreadable(PolydeskError):
    """A channel cannot make a message of these bytes; they are kept and shown under "could not read"."""

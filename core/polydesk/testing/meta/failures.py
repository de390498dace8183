"""How Graph says no: the error object, and what each code says."""

from __future__ import annotations

from typing import Any

_WORDS: dict[int, tuple[str, str]] = {
    1: ("An unknown error occurred", ""),
    2: ("Service temporarily unavailable", ""),
    4: ("Application request limit reached", ""),
    10: ("Application does not have permission for this action", ""),
    100: ("Invalid parameter", ""),
    190: ("Error validating access token", "The session has been invalidated."),
    200: ("Permissions error", ""),
    551: ("This person isn't available right now.", ""),
    613: ("Calls to this api have exceeded the rate limit.", ""),
    80007: ("Rate limit issues", ""),
    130429: ("Rate limit hit", "Message failed to send because there were too many messages sent in a short period."),
    130472: ("User's number is part of an experiment", "User's number is part of an experiment"),
    131000: ("Something went wrong", ""),
    131016: ("Service unavailable", ""),
    131026: ("Message undeliverable", "Message Undeliverable."),
    131031: ("Business account locked", "Business Account has been locked."),
    131042: ("Business eligibility payment issue", "There was an error related to your payment method."),
    131047: (
        "Re-engagement message",
        "Message failed to send because more than 24 hours have passed since the customer last replied to this number.",
    ),
    131049: ("This message was not delivered to maintain healthy ecosystem engagement.", ""),
    131050: ("Unable to deliver the message. This recipient has chosen to stop receiving marketing messages.", ""),
    131053: ("Media upload error", "Unsupported media type."),
    131056: (
        "(Business Account, Consumer Account) pair rate limit hit",
        "Message failed to send because there were too many messages sent from this phone number to the same phone "
        "number in a short period of time.",
    ),
    131057: ("Business account in maintenance mode", ""),
    131062: ("Business-scoped user id recipients are not supported for this message.", ""),
    132000: ("Template param count mismatch", "The number of parameters does not match the expected number."),
    132001: ("Template name does not exist in the translation", "The template does not exist in that language."),
    132015: ("Template is paused", ""),
    368: ("Temporarily blocked for policies violations", ""),
    2018001: ("No matching user found", ""),
    2018300: ("The thread is controlled by another app.", ""),
    1893063: ("Page is temporarily restricted from sending messages", ""),
    2018278: ("This message is sent outside of allowed window.", ""),
    2534022: ("This message is sent outside of allowed window.", ""),
}
_PARENTS = {2018278: 10, 2534022: 10, 1893063: 10, 2018001: 100}
"""Subcodes, by the code they come under."""
TRANSIENT = frozenset({1, 2, 4, 613, 80007, 130429, 131000, 131016, 131056, 131057})


class GraphError(Exception):
    """An answer with an `error` object in it. `number` may be a code or a subcode that implies its code."""

    def __init__(self, number: int, details: str = "", *, message: str = "", status: int = 0) -> None:
        known, more = _WORDS.get(number, (f"Error {number}", ""))
        self.number = number
        self.code = _PARENTS.get(number, number)
        self.subcode = number if number in _PARENTS else 0
        self.message = message or known
        self.details = details or more
        self.status = status or {190: 401, 131056: 429, 130429: 429, 4: 429, 613: 429}.get(self.code, 400)
        super().__init__(self.message)

    def body(self) -> dict[str, Any]:
        """As it comes over HTTP."""
        error: dict[str, Any] = {
            "message": f"(#{self.code}) {self.message}",
            "type": "OAuthException",
            "code": self.code,
            "fbtrace_id": "A0simulated",
        }
        if self.subcode:
            error["error_subcode"] = self.subcode
        if self.details:
            error["error_data"] = {"messaging_product": "whatsapp", "details": self.details}
        return {"error": error}

    def in_status(self) -> dict[str, Any]:
        """As it stands in a failed status."""
        return {
            "code": self.code,
            "title": self.message,
            "message": self.message,
            "error_data": {"details": self.details or self.message},
        }


def wanted_by(recipient: str) -> int:
    """The error a test asks for by writing to an address that ends in its number ("…131026"; short ones "…999190")."""
    digits = "".join(each for each in recipient if each.isdigit())
    for length in (7, 6):
        number = int(digits[-length:].removeprefix("999") or 0)
        if len(digits) > length and number in _WORDS and (number > 99_999 or digits[-6:-3] == "999"):
            return number
    return 0

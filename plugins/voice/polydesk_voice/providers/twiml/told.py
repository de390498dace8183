"""One request of the provider: read as it came, and believed only when it is signed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import parse_qsl

import msgspec

from polydesk.signatures import is_form_signed
from polydesk.types import Account, Call

SIGNATURES = ("x-twilio-signature", "x-signalwire-signature")


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked or told: `parts` are those of the path below the provider, `form` what the provider says."""

    parts: tuple[str, ...]
    form: dict[str, str]
    query: dict[str, str]
    pairs: list[tuple[str, str]] = []

    @property
    def what(self) -> str:
        """What it is about: the first part of the path."""
        return self.parts[0] if self.parts else ""

    @property
    def account(self) -> int:
        """The account in the address; 0 in those that an admin entered at the provider."""
        return int(self.parts[1]) if len(self.parts) > 1 and self.parts[1].isascii() and self.parts[1].isdigit() else 0

    @property
    def token(self) -> str:
        """Ours, of a party we dialled."""
        return self.parts[2] if len(self.parts) > 2 else ""

    @property
    def leg(self) -> str:
        """What the provider calls the party."""
        return self.form.get("CallSid", "")

    @property
    def inbound(self) -> bool:
        """Whether somebody called us, rather than we them."""
        return not self.form.get("Direction", "inbound").startswith("outbound")

    @property
    def number(self) -> str:
        """The one of the two numbers that is ours."""
        pair = ("To", "Called") if self.inbound else ("From", "Caller")
        return next((self.form[name] for name in pair if self.form.get(name)), "")

    @property
    def at(self) -> datetime | None:
        """When it happened, where that is said."""
        try:
            return parsedate_to_datetime(self.form["Timestamp"])
        except (KeyError, ValueError):
            return None

    def whole(self, name: str, otherwise: int = -1) -> int:
        """A number among the parameters."""
        given = self.form.get(name, "").strip()
        return int(given) if given.isascii() and given.isdigit() else otherwise


def same_number(one: str, other: str) -> bool:
    """Whether two ways of writing a number, or any other address, mean the same."""
    return bool(one) and _plain(one) == _plain(other)


def _plain(number: str) -> str:
    return number.strip().removeprefix("+").lower()


def read(call: Call) -> Told:
    """As it came, believed or not; the first of a parameter given twice."""
    pairs = _pairs(call)
    form: dict[str, str] = {}
    for name, value in pairs:
        form.setdefault(name, value)
    return Told(parts=tuple(call.path.split("/")[1:]), form=form, query=dict(call.query), pairs=pairs)


def trusted(call: Call, said: Told, accounts: Sequence[Account]) -> tuple[list[Account], bool]:
    """The accounts whose token signed it, and whether it was signed at all; each different token is tried once."""
    given = next((call.headers[name] for name in SIGNATURES if name in call.headers), "")
    if not given:
        return [], False
    # A GET carries its parameters in the address, which is signed as it is.
    form = [] if call.method == "GET" or _is_json(call) else said.pairs
    tokens = {each.settings.token for each in accounts}
    signers = {token for token in tokens if is_form_signed(token, call.url, form, call.body, given)}
    return [each for each in accounts if each.settings.token in signers], True


def _is_json(call: Call) -> bool:
    return "json" in call.headers.get("content-type", "")


def _pairs(call: Call) -> list[tuple[str, str]]:
    if call.method == "GET":
        return list(call.query)
    if _is_json(call):
        try:
            found = msgspec.json.decode(call.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return []
        return [(str(k), str(v)) for k, v in found.items() if v is not None] if isinstance(found, dict) else []
    return parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True)

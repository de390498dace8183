"""Ask the provider's API, and read what it says when it says no."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from polydesk import N_, OutcomeUnknown, Refused, Text, TryLater, http
from polydesk_voice.settings import LineSettings

ADMIN_SECONDS = 600.0
_SLOWER = 5.0
_SIGN_IN, _TOO_MANY, _NOT_FOUND, NOT_LIVING = 20003, 20429, 20404, 21220
_WORDS = {
    13224: N_("This number cannot be called."),
    20003: N_("The provider does not accept the account SID and token."),
    20005: N_("The provider's account is not active."),
    20404: N_("The provider does not know this."),
    20429: N_("The provider takes only so many calls at once."),
    21201: N_("There is no number to call."),
    21205: N_("The provider cannot reach our address."),
    21210: N_("The number shown to those we call is not verified at the provider."),
    21211: N_("This number cannot be called."),
    21212: N_("The number shown to those we call cannot be used."),
    21214: N_("This number cannot be reached."),
    21215: N_("Calls to this country are not switched on at the provider."),
    21216: N_("The provider does not let this number be called."),
    21217: N_("This number cannot be called."),
    21219: N_("While on trial, the provider calls verified numbers only."),
    21220: N_("The call has ended already."),
    21606: N_("The number shown to those we call cannot be used."),
}


class Failure(Exception):
    """It said no: `code` is its own (0 if it named none), `after` the seconds it asked us to wait."""

    def __init__(self, status: int, code: int, own: str, after: float = 0.0) -> None:
        self.status, self.code, self.own, self.after = status, code, own, after
        super().__init__(f"HTTP {status}, {code}: {own}")

    @property
    def words(self) -> Text:
        """For a person; the provider's own where the code is not known."""
        if self.code in _WORDS:
            return Text(_WORDS[self.code])
        return Text(N_("The provider says: {own} ({code})"), {"own": self.own or "?", "code": self.code or self.status})

    @property
    def gone(self) -> bool:
        """What was asked about does not exist."""
        return self.status in (404, 410) or self.code == _NOT_FOUND

    @property
    def ended(self) -> bool:
        """The call is over."""
        return self.gone or self.code == NOT_LIVING


def root(settings: LineSettings) -> str:
    """Everything of one account is below it."""
    base = settings.api_url.rstrip("/")
    return f"{base if '://' in base else f'https://{base}'}/2010-04-01/Accounts/{settings.account_sid}"


async def ask(
    settings: LineSettings,
    method: str,
    path: str,
    *,
    form: Sequence[tuple[str, str]] = (),
    query: Sequence[tuple[str, str]] = (),
    seconds: float = 20.0,
) -> dict[str, Any]:
    """One call below the account; raises `Failure`, or what `polydesk.http` raises."""
    auth = (settings.account_sid, settings.token)
    answer = await http.ask(method, root(settings) + path, form=form, query=query, auth=auth, seconds=seconds)
    found = answer.json()
    if answer.status < 300:
        return found if isinstance(found, dict) else {}
    raise failure(answer)


def failure(answer: http.Answer) -> Failure:
    """What an answer that is no success says."""
    found = answer.json()
    said = found if isinstance(found, dict) else {}
    code = said.get("code")
    after = answer.headers.get("retry-after", "")
    return Failure(
        answer.status,
        code if isinstance(code, int) else 0,
        str(said.get("message") or ""),
        min(float(after), 3600.0) if after.isascii() and after.isdigit() else 0.0,
    )


async def do(
    settings: LineSettings,
    method: str,
    path: str,
    *,
    form: Sequence[tuple[str, str]] = (),
    query: Sequence[tuple[str, str]] = (),
    repeatable: bool = True,
) -> dict[str, Any]:
    """The same in the words of every provider: `TryLater`, `Refused`, or for what must not be done twice
    `OutcomeUnknown`. A `Failure` goes through only when it says that the thing is not there any more."""
    try:
        return await ask(settings, method, path, form=form, query=query)
    except http.NotReached as error:
        raise TryLater(unreached(error)) from error
    except (http.NoAnswer, http.TooLarge) as error:
        raise _unsure(repeatable, unreached(error)) from error
    except Failure as no:
        if no.ended:
            raise
        if no.status == 429 or no.code == _TOO_MANY:
            raise TryLater(Text(_WORDS[_TOO_MANY]), after=no.after or _SLOWER) from no
        if no.status >= 500:
            raise _unsure(repeatable, no.words) from no
        if no.status in (401, 403) or no.code == _SIGN_IN:
            raise TryLater(no.words, after=ADMIN_SECONDS) from no
        raise Refused(no.words) from no


def _unsure(repeatable: bool, words: Text) -> TryLater | OutcomeUnknown:
    return TryLater(words) if repeatable else OutcomeUnknown(words)


def unreached(error: Exception) -> Text:
    """Nobody there."""
    return Text(N_("The provider could not be reached: {reason}"), {"reason": str(error) or type(error).__name__})

"""Pictures and files that came with a message: fetched from the gateway, which then points to its store."""

from __future__ import annotations

import mimetypes
from urllib.parse import urlsplit

from polydesk import N_, Text, TryLater, http
from polydesk.types import Account, Arrival, Attached

_MOST = 20_000_000
_MOST_FILES = 10
_ATTEMPTS = 6
"""After which a message is shown without its file: about a minute of trying."""
_SECONDS = 45.0


async def fetched(
    form: dict[str, str], arrival: Arrival, account: Account
) -> tuple[tuple[Attached, ...], tuple[Text, ...]]:
    """The files and remarks about those that did not come. Raise `TryLater` while one may still come."""
    count = form.get("NumMedia", "0")
    files: list[Attached] = []
    notices: list[Text] = []
    for number in range(min(int(count), _MOST_FILES) if count.isascii() and count.isdigit() else 0):
        declared = form.get(f"MediaContentType{number}", "application/octet-stream").lower()
        name = f"{declared.partition('/')[0]}-{number + 1}{mimetypes.guess_extension(declared) or ''}"
        try:
            answer = await _fetch(form.get(f"MediaUrl{number}", ""), account)
        except _Later as error:
            words = Text(N_("The file {name} could not be fetched: {reason}"), {"name": name, "reason": str(error)})
            if int(arrival.hints.get("attempt", 1)) < _ATTEMPTS:
                raise TryLater(words) from error
            notices.append(words)
        except http.TooLarge:
            notices.append(Text(N_("The file {name} is too large and was not fetched."), {"name": name}))
        else:
            files.append(Attached(name=name, media_type=answer.media_type or declared, data=answer.body))
    return tuple(files), tuple(notices)


class _Later(Exception):
    """It may come when asked again."""


async def _fetch(url: str, account: Account) -> http.Answer:
    settings = account.settings
    # Credentials go to the gateway itself and to nobody it points to.
    ours = urlsplit(url).netloc == urlsplit(settings.api_url).netloc
    auth = (settings.account_sid, settings.token) if ours else None
    try:
        answer = await http.fetch(url, most=_MOST, auth=auth, hosts=settings.media_hosts, seconds=_SECONDS)
    except (http.NotReached, http.NoAnswer, http.NotAllowed) as error:
        raise _Later(str(error)) from error
    if answer.status != 200:
        raise _Later(f"HTTP {answer.status}")
    return answer

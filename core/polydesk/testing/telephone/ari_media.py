"""What people at a make-believe Asterisk hear: words of its own voice, and media fetched from where they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from urllib.parse import parse_qsl, urlsplit

from polydesk.testing.telephone import voices
from polydesk.testing.telephone.wire import Client

LETTERS_A_SECOND = 15.0
SAID = "/said/"
_UNKNOWN_SECONDS = 2.0


class Media:
    """Knows how long everything plays. What cannot be fetched, or is no sound, is complained of once."""

    def __init__(self, complain: Callable[[str], None]) -> None:
        self._complain = complain
        self._client = Client()
        self._lengths: dict[str, float] = {}
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self.own = ""
        """Where this exchange's own voice is."""

    def words(self, media: str) -> str:
        """What somebody hears: the words, or the address of what is played."""
        what = media.removeprefix("sound:")
        if self.own and what.startswith(self.own):
            return dict(parse_qsl(urlsplit(what).query, keep_blank_values=True)).get("text", "")
        return what

    def seconds(self, media: str) -> float:
        """How long it plays, as far as that is known yet."""
        what, heard = media.removeprefix("sound:"), self.words(media)
        if what != heard:
            return max(0.5, len(heard) / LETTERS_A_SECOND)
        if what.startswith("http") and what not in self._lengths and what not in self._fetching:
            self._fetching[what] = asyncio.create_task(self._fetch(what))
        return self._lengths.get(what, _UNKNOWN_SECONDS)

    async def close(self) -> None:
        """Fetch no more."""
        for task in self._fetching.values():
            task.cancel()
        await asyncio.gather(*self._fetching.values(), return_exceptions=True)
        await self._client.close()

    async def _fetch(self, url: str) -> None:
        """As Asterisk's media cache does: once for an address."""
        try:
            answer = await self._client.ask("GET", url)
        except (OSError, TimeoutError) as error:
            self._complain(f"{url} cannot be fetched: {error}")
            return
        kind = answer.headers.get("content-type", "")
        if answer.status != 200 or not answer.body:
            self._complain(f"{url} was answered with {answer.status}")
        elif not kind.startswith("audio/"):
            self._complain(f"{url} is no sound but {kind}")
        self._lengths[url] = voices.seconds_of(answer.body, kind)

"""Commands to Asterisk over HTTP, and what its refusals mean to us."""

from __future__ import annotations

import base64
import contextlib
import logging
from typing import Any, Literal
from urllib.parse import quote

from polydesk import N_, OutcomeUnknown, PolydeskError, Refused, Text, TryLater, http
from polydesk_voice.settings import LineSettings

log = logging.getLogger("polydesk.voice.ari")
_SECONDS = 10.0
_FILE_SECONDS = 180.0
_LARGEST_FILE = 500_000_000
# A channel that is about to go is there no more for commands: "not in a Stasis application", "in an invalid state".
_LEAVING = (409, 412, 422)


class Gone(PolydeskError):
    """What a command was for is not there any more: hung up, torn down, over."""


class Rest:
    """One line's commands. Parameters that are None or "" are left away; path parts may hold any character."""

    def __init__(self, settings: LineSettings) -> None:
        self.app = settings.ari_app
        self.base = settings.ari_url.rstrip("/").removesuffix("/ari") + "/ari"
        self._auth = (settings.ari_user, settings.ari_password)

    @property
    def authorization(self) -> str:
        """For what is no request of ours: the socket."""
        return "Basic " + base64.b64encode(":".join(self._auth).encode()).decode()

    async def get(self, *path: str, **query: Any) -> Any:
        """What is there."""
        return (await self._ask("GET", path, query)).json()

    async def post(self, *path: str, body: Any = None, **query: Any) -> Any:
        """Have something done."""
        return (await self._ask("POST", path, query, body)).json()

    async def delete(self, *path: str, **query: Any) -> None:
        """End something."""
        await self._ask("DELETE", path, query)

    async def gone_is_fine(self, method: Literal["POST", "DELETE"], *path: str, **query: Any) -> None:
        """Have something ended or changed that may be over already."""
        with contextlib.suppress(Gone):
            await self._ask(method, path, query)

    async def file(self, *path: str) -> bytes:
        """The bytes of a recording."""
        return (await self._ask("GET", path, {}, seconds=_FILE_SECONDS, most=_LARGEST_FILE)).body

    async def answer(self, method: str, *path: str, seconds: float = _SECONDS, **query: Any) -> http.Answer:
        """Whatever Asterisk says, a refusal as well: for those who read more in it than the rest do."""
        return await self._send(method, path, query, None, seconds, 10_000_000)

    async def _ask(
        self,
        method: str,
        path: tuple[str, ...],
        query: dict[str, Any],
        body: Any = None,
        seconds: float = _SECONDS,
        most: int = 10_000_000,
    ) -> http.Answer:
        answer = await self._send(method, path, query, body, seconds, most)
        self.raise_for(answer, *path)
        return answer

    def raise_for(self, answer: http.Answer, *path: str) -> None:
        """Say what a refusal means to whoever asked for this path."""
        if answer.status < 300:
            return
        said = message(answer)
        if answer.status == 404 or (answer.status in _LEAVING and path[0] != "recordings") or _absent(answer, path):
            raise Gone(said)
        if answer.status in (401, 403):
            raise Refused(Text(N_("Asterisk does not accept the user and password.")))
        if answer.status >= 500 or answer.status in (409, 429):
            raise TryLater(Text(N_("Asterisk could not do it now: {words}"), {"words": said}))
        raise Refused(Text(N_("Asterisk refused: {words}"), {"words": said}))

    async def _send(
        self, method: str, path: tuple[str, ...], query: dict[str, Any], body: Any, seconds: float, most: int
    ) -> http.Answer:
        url = "/".join((self.base, *(quote(each, safe="") for each in path)))
        given = [(name, _shown(value)) for name, value in query.items() if value not in (None, "")]
        try:
            return await http.ask(
                method, url, query=given, json=body, auth=self._auth, seconds=seconds, most=most,
                headers={"accept": "application/json"},
            )  # fmt: skip
        except http.NotReached as error:
            raise TryLater(Text(N_("Asterisk cannot be reached: {words}"), {"words": str(error)})) from error
        except http.NoAnswer as error:
            raise OutcomeUnknown(Text(N_("Asterisk did not answer: {words}"), {"words": str(error)})) from error


def message(answer: http.Answer) -> str:
    """Asterisk's own words."""
    said = answer.json()
    words = said.get("message") or said.get("error") if isinstance(said, dict) else ""
    return f"{words or 'no words'} ({answer.status})"


def _absent(answer: http.Answer, path: tuple[str, ...]) -> bool:
    """A channel that is to join or leave a bridge and is not there is a bad request, not a 404."""
    return answer.status == 400 and path[0] == "bridges" and path[-1].endswith("Channel")


def _shown(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)

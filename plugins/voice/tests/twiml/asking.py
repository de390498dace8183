"""What the tests of the make-believe Twilio share."""

from __future__ import annotations

import base64

import httpx

from polydesk.testing.telephone.exchange import Line
from polydesk.testing.telephone.twiml import TwilioExchange

from .pages import Pages

DONE = "/hooks/voice/twiml/progress"


def over(line: Line) -> bool:
    return bool(line.ended)


class Api:
    """The API, as the desk asks it."""

    def __init__(self, exchange: TwilioExchange) -> None:
        pair = base64.b64encode(f"{exchange.account_sid}:{exchange.token}".encode()).decode()
        self._client = httpx.AsyncClient(base_url=exchange.root, headers={"authorization": f"Basic {pair}"})

    async def get(self, path: str, **query: str) -> dict[str, object]:
        answer = await self._client.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def post(self, path: str, **form: str) -> dict[str, object]:
        answer = await self._client.post(path, data=form)
        assert answer.status_code < 300, answer.text
        return answer.json()  # type: ignore[no-any-return]

    async def refused(self, path: str, **form: str) -> tuple[int, int]:
        answer = await self._client.post(path, data=form)
        return answer.status_code, answer.json()["code"]

    async def close(self) -> None:
        await self._client.aclose()

    async def raw(self, method: str, path: str) -> httpx.Response:
        return await self._client.request(method, path)


def room(**more: str) -> str:
    given = "".join(f' {name}="{value}"' for name, value in more.items())
    events = 'statusCallback="/room" statusCallbackEvent="start end join leave mute"'
    return f'<Dial action="/out"><Conference waitUrl="" {events}{given}>pd-1</Conference></Dial>'


EVENTS = {"StatusCallback": "/dialled", "StatusCallbackEvent": "initiated ringing answered completed"}


async def begin(api: Api, pages: Pages, to: str = "client:ana", **more: str) -> str:
    form = {"To": to, "From": "+995322000111", "Url": f"{pages.url}/agent", **more}
    form["StatusCallback"] = f"{pages.url}/dialled"
    form["StatusCallbackEvent"] = "initiated ringing answered completed"
    return str((await api.post("/Calls.json", **form))["sid"])

"""SMS keeps the contract of a channel."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from polydesk import Unreadable
from polydesk.signatures import form_signature
from polydesk.testing.contract import ChannelContract, Knock, Mood, Received, Said, Sample
from polydesk.testing.sms_gateway import SmsGateway
from polydesk.types import DeliveryState, Handle, Message, Nothing, StatusUpdate
from polydesk_sms.settings import SmsSettings

PEOPLE = {"nino": "+995555000111", "dato": "+995555000222"}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def _told(query: dict[str, str] | None = None, **form: str) -> bytes:
    return msgspec.json.encode({"form": form, "query": query or {}})


class TestSms(ChannelContract):
    plugin = "sms"
    secret = "token"
    states = ("delivered", "failed")
    refusal = "no more messages"
    retry_after = 30
    wrong = {"per_second": "many", "reopens_days": "-1"}
    recipients = {"+995 555 000 111": "+995555000111", "INFOSMS": "", "": ""}
    samples = (
        Sample(
            name="a name",
            raw=_told(MessageSid="SM1", From="INFOSMS", Body="7"),
            becomes=lambda made: isinstance(made, Message) and bool(made.automatic),
        ),
        Sample(name="no sender", raw=_told(MessageSid="SM1", Body="7"), becomes=(Unreadable,)),
        Sample(name="no message", raw=_told(From="+995555000111", Body="7"), becomes=(Unreadable,)),
        Sample(name="another channel", raw=_told(MessageSid="SM1", From="whatsapp:+1555"), becomes=(Unreadable,)),
        Sample(name="on its way", raw=_told(MessageSid="SM1", MessageStatus="queued"), becomes=(Nothing,)),
        Sample(name="unknown status", raw=_told(MessageSid="SM1", MessageStatus="eaten"), becomes=(Nothing,)),
        Sample(
            name="a failure with an odd code",
            raw=_told(MessageSid="SM1", MessageStatus="failed", ErrorCode="a lot"),
            becomes=(StatusUpdate,),
        ),
    )

    async def open(self, hook: str) -> SmsSettings:
        self.gateway = SmsGateway(reports=False, retry_after=int(self.retry_after))
        await self.gateway.start(hook)
        return SmsSettings(
            number="+995322000222",
            account_sid=self.gateway.account_sid,
            token=self.gateway.token,
            api_url=self.gateway.url,
            per_second=100,
            media_hosts=self.gateway.hosts,
        )

    async def close(self) -> None:
        await self.gateway.stop()

    def handle(self, who: str) -> Handle:
        return Handle("phone", PEOPLE[who])

    async def comes(self, said: Said) -> Knock:
        kept: dict[str, str] = {}

        async def keep(_address: str, form: dict[str, str]) -> None:
            kept.update(form)

        self.gateway.deliver = keep  # type: ignore[method-assign]
        media = [(each.media_type, each.data) for each in said.files]
        await self.gateway.write(PEOPLE[said.who], said.text, media=media, sid=f"SM{said.id}")
        return self._form(kept, self.url)

    @property
    def url(self) -> str:
        return str(self.http.base_url).rstrip("/") + "/hooks/sms"

    def _form(self, form: dict[str, str], url: str, **more: str) -> Knock:
        signature = form_signature(self.gateway.token, url, form.items())
        return Knock(body=urlencode(form).encode(), headers={**FORM, "X-Twilio-Signature": signature}, **more)

    def signed(self, knock: Knock, settings: Any, url: str) -> Knock:
        form = parse_qsl(knock.body.decode("utf-8", "replace"), keep_blank_values=True)
        signature = form_signature(settings.token, url, form)
        return msgspec.structs.replace(knock, headers={**FORM, "X-Twilio-Signature": signature})

    async def received(self) -> list[Received]:
        return [
            Received(
                id=each.sid,
                to=each.to,
                text=each.body,
                files=tuple([await self._file(u) for u in each.media]),
                details=each,
            )
            for each in self.gateway.sent
        ]

    async def _file(self, url: str) -> bytes:
        return (await self.http.get(url)).content

    async def mood(self, mood: Mood) -> None:
        self.gateway.mood = {"well": "", "refuse": ""}.get(mood, mood)
        if mood == "refuse":
            self.gateway.stopped.add(PEOPLE["nino"])

    async def news(self, received: Received, state: DeliveryState) -> Knock:
        status = {"failed": "undelivered"}.get(state, state)
        form = {"MessageSid": received.id, "MessageStatus": status, "To": received.to, "From": "+995322000222"}
        path, _mark, query = received.details.callback.partition("?")
        assert path.endswith("/hooks/sms/status")
        return self._form(form, received.details.callback, path="status", query=query)

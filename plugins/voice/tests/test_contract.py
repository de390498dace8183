"""The telephone keeps what of a channel's contract is about more than messages."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec

from polydesk import Unreadable
from polydesk.signatures import form_signature
from polydesk.testing.contract import ChannelContract, Knock, Said, Sample
from polydesk.testing.telephone.twiml import TwilioExchange
from polydesk.types import Elsewhere, Handle, Message
from polydesk_voice.settings import LineSettings

FORM = {"content-type": "application/x-www-form-urlencoded"}
LINE = "+995322000222"


def _form(**form: str) -> bytes:
    return msgspec.json.encode(form)


class TestVoice(ChannelContract):
    plugin = "voice"
    secret = "token"
    moods = frozenset()
    wrong = {"calls_per_second": "many", "provider": "pigeon"}
    recipients = {"+995 555 000 111": "+995555000111", "somebody": ""}
    samples = (
        Sample(name="for another line", raw=_form(From="+995555000111", To="+995322999999"), becomes=(Elsewhere,)),
        Sample(name="withheld", raw=_form(From="anonymous", To=LINE), becomes=(Elsewhere, Unreadable)),
        Sample(name="nobody", raw=_form(), becomes=(Elsewhere, Unreadable)),
        Sample(name="for this line", raw=_form(From="+995555000111", To=LINE), becomes=(Message, Elsewhere)),
    )

    async def open(self, hook: str) -> LineSettings:
        self.exchange = TwilioExchange(speed=20.0)
        self.hook = hook
        return LineSettings(**await self.exchange.start(hook))

    async def close(self) -> None:
        await self.exchange.stop()

    def handle(self, who: str) -> Handle:
        return Handle("phone", {"nino": "+995555000111", "dato": "+995555000222"}[who])

    async def comes(self, said: Said) -> Knock:
        form = {
            "CallSid": f"CA{said.id:0<32}",
            "From": self.handle(said.who).value,
            "To": LINE,
            "CallStatus": "ringing",
            "Direction": "inbound",
            "AccountSid": self.exchange.account_sid,
        }
        url = f"{self.hook}/twiml/incoming"
        proof = form_signature(self.exchange.token, url, form.items())
        return Knock(
            body=urlencode(form).encode(), headers={**FORM, "X-Twilio-Signature": proof}, path="twiml/incoming"
        )

    def signed(self, knock: Knock, settings: Any, url: str) -> Knock:
        form = parse_qsl(knock.body.decode("utf-8", "replace"), keep_blank_values=True)
        proof = form_signature(settings.token, url, form)
        return msgspec.structs.replace(knock, headers={**FORM, "X-Twilio-Signature": proof})

"""A make-believe gateway with telephones around it, for `polydesk simulate`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from polydesk import Simulator
from polydesk.simulator import Heard, Persona, Saying
from polydesk.testing.sms_gateway import SmsGateway
from polydesk.types import Choice
from polydesk_sms.settings import SmsSettings

_NUMBER = "+995322000222"
_NUMBERED = re.compile(r"([1-9]\d?)\. (\S.*)")


class SmsSimulator(Simulator):
    """Everyone has a telephone; choices are typed as numbers."""

    channel = "sms"

    def __init__(self) -> None:
        self._gateway = SmsGateway()
        self._personas: dict[str, str] = {}

    async def start(self, hook: str) -> SmsSettings:
        """Open the gateway with one number."""
        self._gateway, self._personas = SmsGateway(numbers=(_NUMBER,)), {}
        await self._gateway.start(hook)
        return SmsSettings(
            number=_NUMBER,
            account_sid=self._gateway.account_sid,
            token=self._gateway.token,
            api_url=self._gateway.url,
            per_second=20,
            media_hosts=self._gateway.hosts,
        )

    async def stop(self) -> None:
        """Close it again."""
        await self._gateway.stop()

    def expect(self, persona: Persona) -> None:
        """They have a number, whether they used it or not."""
        self._personas[persona.phone] = persona.key

    async def say(self, persona: Persona, saying: Saying) -> None:
        """Words, and files as pictures."""
        self.expect(persona)
        text = saying.choice.value if saying.choice is not None else saying.text
        media = tuple((each.media_type, each.data) for each in saying.files)
        if text or media:
            await self._gateway.write(persona.phone, text, media=media)

    async def heard(self) -> AsyncIterator[Heard]:
        """What the desk sends, until the service is stopped."""
        while True:
            sent = await self._gateway.outbox.get()
            if persona := self._personas.get(sent.to):
                yield Heard(persona=persona, text=sent.body, choices=_choices(sent.body))


def _choices(text: str) -> tuple[Choice, ...]:
    """What a text message offers: the lines at its end, numbered from 1."""
    found: list[Choice] = []
    for line in reversed(text.rstrip().splitlines()):
        numbered = _NUMBERED.fullmatch(line.strip())
        if numbered is None:
            break
        found.insert(0, Choice(value=numbered[1], label=numbered[2]))
    counted = [each.value for each in found] == [str(number) for number in range(1, len(found) + 1)]
    return tuple(found) if counted else ()

"""Asterisk (ARI), behind the words of every provider."""

from __future__ import annotations

import asyncio
import logging
from typing import Literal

from polydesk import N_, Door, OutcomeUnknown, Refused, Text, TryLater
from polydesk.types import Account, AccountNews, CheckResult, Instruction
from polydesk_voice.happenings import Recorded
from polydesk_voice.providers.ari import checking, endpoints, events, names
from polydesk_voice.providers.ari.rest import Gone, Rest, message
from polydesk_voice.providers.base import Party, Provider, State
from polydesk_voice.settings import LineSettings

_EXISTS = 409
_TURN = "polydesk_turn"
_AT_ONCE = 0.2
log = logging.getLogger("polydesk.voice.ari")


class Ari(Provider):
    """See `Provider`. Whoever holds the line carries plans out; commands go to Asterisk from any process.

    Answering machines are not told apart from people: ARI has nothing for it.
    """

    name = "ari"
    label = Text(N_("Asterisk (ARI)"))

    def __init__(self) -> None:
        self.pace = 1.0
        """How many seconds pass in Asterisk in one of ours: other than 1 only where it is make-believe."""

    async def dial(self, account: Account, party: Party, *, caller: str, ring_seconds: int, machine: bool) -> str:
        """See `Provider.dial`. The channel's name is ours, so what is asked twice rings once."""
        rest, name = Rest(account.settings), names.channel(party)
        endpoint = endpoints.of(party.endpoint, account.settings)
        for last in (False, True):
            try:
                answer = await rest.answer(
                    "POST", "channels", name, endpoint=endpoint, app=rest.app, appArgs=f"leg,{party.token}",
                    callerId=caller, timeout=ring_seconds,
                )  # fmt: skip
            except OutcomeUnknown:
                if last:
                    raise
                continue
            if answer.status < 300 or answer.status == _EXISTS:
                return name
            if answer.status >= 500 and answer.json() is None:
                raise TryLater(Text(N_("Asterisk could not do it now: {words}"), {"words": message(answer)}))
            if answer.status in (401, 403):
                rest.raise_for(answer, "channels")
            # An endpoint that is not there or not registered is an "allocation failed".
            raise Refused(Text(N_("Asterisk could not ring it: {words}"), {"words": message(answer)}))
        raise AssertionError("never reached")

    async def turn(self, account: Account, party: Party) -> None:
        """See `Provider.turn`: an event of ours, over the same line as everything else that happens to the channel."""
        rest = Rest(account.settings)
        answer = await rest.answer(
            "POST", "events", "user", _TURN, application=rest.app, source=f"channel:{_name(party)}"
        )
        if answer.status == 404:
            # Nobody holds the line at the moment. Whoever takes it up goes on with the plan as it is stored.
            raise TryLater(Text(N_("Nobody holds the line to Asterisk at the moment.")))
        if answer.status not in (400, 422):
            rest.raise_for(answer, "events")

    async def hang_up(self, account: Account, party: Party) -> None:
        """See `Provider.hang_up`."""
        await Rest(account.settings).gone_is_fine("DELETE", "channels", _name(party))

    async def mute(self, account: Account, party: Party, on: bool) -> None:
        """See `Provider.mute`."""
        await Rest(account.settings).gone_is_fine(
            "POST" if on else "DELETE", "channels", _name(party), "mute", direction="in"
        )

    async def record(self, account: Account, room: str, state: Literal["paused", "recording", "stopped"]) -> None:
        """See `Provider.record`. The bridge bears the name of its recording."""
        rest = Rest(account.settings)
        try:
            recording = str((await rest.get("bridges", room)).get("name") or "")
            if names.recorded(rest.app, recording) is None:
                return
            live = ("recordings", "live", recording)
            if state == "paused":
                await rest.post(*live, "pause")
            elif state == "recording":
                await rest.delete(*live, "pause")
            else:
                await rest.post(*live, "stop")
        except Gone:
            return

    async def sound_of(self, account: Account, reference: str) -> bytes:
        """See `Provider.sound_of`."""
        rest = Rest(account.settings)
        try:
            return await rest.file("recordings", "stored", reference, "file")
        except Gone:
            pass
        try:
            await rest.get("recordings", "live", reference)
        except Gone:
            raise Refused(Text(N_("Asterisk does not have this recording any more."))) from None
        raise TryLater(Text(N_("The recording is still being made.")))

    async def erase(self, account: Account, reference: str) -> None:
        """See `Provider.erase`."""
        await Rest(account.settings).gone_is_fine("DELETE", "recordings", "stored", reference)

    async def look(self, account: Account, party: Party) -> State:
        """See `Provider.look`. Of a channel that is gone Asterisk remembers nothing, not even how it ended."""
        try:
            channel = await Rest(account.settings).get("channels", _name(party))
        except Gone:
            return State(alive=False)
        return State(alive=True, progress={"Ringing": "ringing", "Up": "answered"}.get(channel.get("state", ""), ""))

    async def recordings(self, account: Account, *, room: str = "", leg: str = "") -> list[Recorded]:
        """See `Provider.recordings`."""
        rest = Rest(account.settings)
        found = []
        for each in await rest.get("recordings", "stored"):
            of_room, of_channel = names.recorded(rest.app, str(each["name"])) or ("", "")
            if (room and of_room == room) or (leg and of_channel == leg):
                found.append(events.recorded(str(each["name"]), room=of_room, channel=of_channel))
        return found

    async def listen(self, account: Account, door: Door) -> None:
        """See `Provider.listen`."""
        # The call model stands on the providers, so it is not there yet when they are imported.
        from polydesk_voice.providers.ari.listening import Listener

        while True:
            listener = Listener(account, pace=self.pace)
            try:
                await listener.run(door)
            except TryLater as error:
                # A line that was up is taken up again at once: people hold receivers. Else core waits longer each time.
                if not listener.was_up:
                    raise
                log.warning("line %s: %s", account.id, error)
                await asyncio.sleep(_AT_ONCE)

    async def check(self, account_settings: object) -> list[CheckResult]:
        """See `Provider.check`."""
        assert isinstance(account_settings, LineSettings)
        return await checking.check(account_settings)

    async def inspect(self, account: Account) -> AccountNews | None:
        """See `Provider.inspect`."""
        return await checking.inspect(account)

    def instructions(self, account_settings: object, hook: str) -> list[Instruction]:
        """See `Provider.instructions`."""
        assert isinstance(account_settings, LineSettings)
        return checking.instructions(account_settings)


def _name(party: Party) -> str:
    """A party that we dialled has its channel's name before anybody told us."""
    return party.name or names.channel(party)

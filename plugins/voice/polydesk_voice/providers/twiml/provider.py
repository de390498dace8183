"""Twilio, or another that speaks TwiML, behind the words of every provider."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, cast

from polydesk import N_, Text
from polydesk.types import Account, AccountNews, Call, CallAnswer, CheckResult, Instruction
from polydesk_voice.happenings import Recorded
from polydesk_voice.providers.base import Party, Provider, State
from polydesk_voice.providers.twiml import checking, door, parties, rooms
from polydesk_voice.settings import LineSettings


class Twiml(Provider):
    """Asks for a document whenever a party has nothing more to do, and is told by its API in between."""

    name = "twiml"
    label = Text(N_("Twilio, or another that speaks TwiML"))

    async def dial(self, account: Account, party: Party, *, caller: str, ring_seconds: int, machine: bool) -> str:
        """See `Provider.dial`."""
        return await parties.dial(account, party, caller=caller, ring_seconds=ring_seconds, machine=machine)

    async def turn(self, account: Account, party: Party) -> None:
        """See `Provider.turn`."""
        await parties.turn(account, party)

    async def hang_up(self, account: Account, party: Party) -> None:
        """See `Provider.hang_up`."""
        await parties.hang_up(account, party)

    async def mute(self, account: Account, party: Party, on: bool) -> None:
        """See `Provider.mute`."""
        await rooms.mute(account, party, on)

    async def record(self, account: Account, room: str, state: Literal["paused", "recording", "stopped"]) -> None:
        """See `Provider.record`."""
        await rooms.record(account, room, state)

    async def recordings(self, account: Account, *, room: str = "", leg: str = "") -> list[Recorded]:
        """See `Provider.recordings`."""
        return await rooms.recordings(account, room=room, leg=leg)

    async def sound_of(self, account: Account, reference: str) -> bytes:
        """See `Provider.sound_of`."""
        return await rooms.sound_of(account, reference)

    async def erase(self, account: Account, reference: str) -> None:
        """See `Provider.erase`."""
        await rooms.erase(account, reference)

    async def look(self, account: Account, party: Party) -> State:
        """See `Provider.look`."""
        return await parties.look(account, party)

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """See `Channel.webhook`."""
        return await door.answer(call, accounts)

    async def unanswered(self, call: Call) -> CallAnswer | None:
        """See `Channel.unanswered`."""
        return door.unanswered(call)

    async def check(self, account_settings: object) -> list[CheckResult]:
        """See `Channel.check`."""
        return await checking.check(cast(LineSettings, account_settings))

    async def inspect(self, account: Account) -> AccountNews | None:
        """See `Channel.inspect`."""
        return await checking.inspect(account)

    def instructions(self, account_settings: object, hook: str) -> list[Instruction]:
        """See `Channel.instructions`."""
        return checking.instructions(hook)

"""What a provider must be able to do; all it tells comes in as happenings (see `polydesk_voice.calls.machine`)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from polydesk import Door
from polydesk.types import Account, AccountNews, Call, CallAnswer, CheckResult, Instruction, Text
from polydesk_voice.happenings import Recorded


class Party(Struct, frozen=True, kw_only=True):
    """One leg of a call, as a provider needs to know it.

    `name` is what the provider calls it ("" while it does not exist yet), `token` a secret of ours that names it in
    addresses. `endpoint` is whom to dial, as "number:+995…", "sip:ana@example.org" or "client:ana".
    """

    id: int
    call: int
    name: str
    token: str
    endpoint: str = ""
    room: str = ""


class State(Struct, frozen=True, kw_only=True):
    """What a provider says of a party when asked: whether it lives, and if not, how it ended."""

    alive: bool
    progress: str = ""
    seconds: int | None = None


class Provider(ABC):
    """A kind of telephony back-end. Every method may be called from any process; none keeps anything in memory
    that another process would need.

    Raise `TryLater` (come again), `Refused` (in the service's words) or `OutcomeUnknown` (it may have happened).
    """

    name: str
    label: Text

    @abstractmethod
    async def dial(self, account: Account, party: Party, *, caller: str, ring_seconds: int, machine: bool) -> str:
        """Ring somebody; what the provider calls the new party. When it answers, `Ready` comes with its token.

        `caller` is the number shown to them. With `machine`, find out whether an answering machine picks up.
        """

    @abstractmethod
    async def turn(self, account: Account, party: Party) -> None:
        """Have a living party drop what it does and carry out the plan that is stored for it now."""

    @abstractmethod
    async def hang_up(self, account: Account, party: Party) -> None:
        """End a party, ringing or talking; one that has ended already is no error."""

    @abstractmethod
    async def mute(self, account: Account, party: Party, on: bool) -> None:
        """Let nobody in the room hear this party."""

    @abstractmethod
    async def record(self, account: Account, room: str, state: Literal["paused", "recording", "stopped"]) -> None:
        """Pause, resume or end the recording of a room; when there is none, that is no error."""

    @abstractmethod
    async def sound_of(self, account: Account, reference: str) -> bytes:
        """The WAV bytes of a recording. `TryLater` while it is not ready, `Refused` when it is gone."""

    @abstractmethod
    async def erase(self, account: Account, reference: str) -> None:
        """Remove a recording from the provider, once ours is safe; one that is gone is no error."""

    @abstractmethod
    async def look(self, account: Account, party: Party) -> State:
        """How a party is; for calls of which no news comes."""

    async def recordings(self, account: Account, *, room: str = "", leg: str = "") -> list[Recorded]:
        """What the provider holds of a room, or of the messages of a party: for recordings of which no news came."""
        return []

    async def webhook(self, call: Call, accounts: Sequence[Account]) -> CallAnswer:
        """A request at `/hooks/voice/<name>/…`; only for providers that call us."""
        return CallAnswer(status=404)

    async def unanswered(self, call: Call) -> CallAnswer | None:
        """See `Channel.unanswered`."""
        return None

    async def listen(self, account: Account, door: Door) -> None:
        """Hold the line to a provider that talks over a socket, until cancelled; return at once if there is none."""
        return

    async def check(self, account_settings: object) -> list[CheckResult]:
        """See `Channel.check`."""
        return []

    async def inspect(self, account: Account) -> AccountNews | None:
        """See `Channel.inspect`."""
        return None

    def instructions(self, account_settings: object, hook: str) -> list[Instruction]:
        """See `Channel.instructions`."""
        return []

"""What is done to the parties of a call through the provider's API."""

from __future__ import annotations

from polydesk import N_, Text, TryLater, pacing
from polydesk.types import Account
from polydesk_voice.happenings import Progress
from polydesk_voice.providers.base import Party, State
from polydesk_voice.providers.twiml import addresses, rest
from polydesk_voice.providers.twiml.happened import PROGRESS

_EVENTS = ("ringing", "completed")
"""That it was answered is known from the document that is asked for then."""
_LIVING = frozenset({"queued", "initiated", "ringing", "in-progress"})
_MACHINE_SECONDS = 10
"""For how long to listen whether it is a machine: a person who hears nothing for longer hangs up."""
_TIMEOUTS = (5, 600)
_TURN = Text(N_("Waiting for our turn: only so many calls may begin in a second."))


async def dial(account: Account, party: Party, *, caller: str, ring_seconds: int, machine: bool) -> str:
    """See `Provider.dial`."""
    settings = account.settings
    rate = max(1, settings.calls_per_second)
    # The provider counts for its account, whichever of our lines dials.
    bucket = f"voice:{settings.account_sid}"
    if wait := await pacing.reserve(bucket, every=1.0 / rate, burst=rate):
        raise TryLater(_TURN, after=wait)
    form = [
        ("To", party.endpoint.removeprefix("number:")),
        ("From", caller),
        ("Url", addresses.of(account, "ready", party.token)),
        ("FallbackUrl", addresses.of(account, "fallback", party.token)),
        ("StatusCallback", addresses.of(account, "progress", party.token)),
        *(("StatusCallbackEvent", each) for each in _EVENTS),
        ("Timeout", str(min(max(ring_seconds, _TIMEOUTS[0]), _TIMEOUTS[1]))),
    ]
    if machine:
        form += [("MachineDetection", "Enable"), ("MachineDetectionTimeout", str(_MACHINE_SECONDS))]
    try:
        answer = await rest.do(settings, "POST", "/Calls.json", form=form, repeatable=False)
    except rest.Failure as no:
        raise TryLater(no.words, after=rest.ADMIN_SECONDS) from no
    except TryLater as later:
        if later.after and later.after < rest.ADMIN_SECONDS:
            await pacing.hold(bucket, later.after, every=1.0 / rate, burst=rate)
        raise
    return str(answer.get("sid") or "")


async def turn(account: Account, party: Party) -> None:
    """See `Provider.turn`. One that has ended needs nothing: the news of that is on its way."""
    form = [
        ("Url", addresses.of(account, "leg", party.token)),
        ("FallbackUrl", addresses.of(account, "fallback", party.token)),
        # For calls to a number whose end the provider was not asked to tell.
        ("StatusCallback", addresses.of(account, "progress", party.token)),
    ]
    await _update(account, party, form)


async def hang_up(account: Account, party: Party) -> None:
    """See `Provider.hang_up`."""
    await _update(account, party, [("Status", "completed")])


async def look(account: Account, party: Party) -> State:
    """See `Provider.look`. One that never got a name never came to be, or tells us its name itself."""
    if not party.name:
        return State(alive=False, progress="failed")
    try:
        found = await rest.do(account.settings, "GET", f"/Calls/{party.name}.json")
    except rest.Failure:
        return State(alive=False, progress="failed")
    status = str(found.get("status") or "")
    seconds = str(found.get("duration") or "")
    progress: Progress | None = PROGRESS.get(status)
    return State(
        alive=status in _LIVING,
        progress=progress or "",
        seconds=int(seconds) if seconds.isascii() and seconds.isdigit() else None,
    )


async def _update(account: Account, party: Party, form: list[tuple[str, str]]) -> None:
    if not party.name:
        return
    try:
        await rest.do(account.settings, "POST", f"/Calls/{party.name}.json", form=form)
    except rest.Failure:
        return

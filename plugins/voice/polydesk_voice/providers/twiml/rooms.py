"""Rooms at the provider: muting who is in them, and their recordings."""

from __future__ import annotations

from typing import Any, Literal

from polydesk import N_, Refused, Text, TryLater, http
from polydesk.types import Account
from polydesk_voice.happenings import Recorded
from polydesk_voice.providers.base import Party
from polydesk_voice.providers.twiml import rest

_MOST = 1_000_000_000
_SECONDS = 600.0
_STATUS = {"paused": "paused", "recording": "in-progress", "stopped": "stopped"}
_NOT_READY = Text(N_("The recording is not ready yet."))
_GONE = Text(N_("The provider does not have this recording."))
_SOON = 15.0


async def mute(account: Account, party: Party, on: bool) -> None:
    """See `Provider.mute`. Whoever is in no room is muted by the plan once they come into one."""
    room = await _conference(account, party.room)
    if not room or not party.name:
        return
    path = f"/Conferences/{room}/Participants/{party.name}.json"
    try:
        await rest.do(account.settings, "POST", path, form=[("Muted", "true" if on else "false")])
    except rest.Failure:
        return


async def record(account: Account, room: str, state: Literal["paused", "recording", "stopped"]) -> None:
    """See `Provider.record`."""
    conference = await _conference(account, room)
    if not conference:
        return
    under_way = [
        each
        for each in await _recordings(account, f"/Conferences/{conference}/Recordings.json")
        if each.get("status") in ("in-progress", "paused")
    ]
    for each in under_way:
        form = [("Status", _STATUS[state])]
        if state == "paused":
            form.append(("PauseBehavior", "silence"))
        path = f"/Conferences/{conference}/Recordings/{each['sid']}.json"
        try:
            await rest.do(account.settings, "POST", path, form=form)
        except rest.Failure as no:
            if state == "paused":
                # Card data is about to be read out: that it goes on recording must be known.
                raise TryLater(str(no)) from None


async def recordings(account: Account, *, room: str, leg: str) -> list[Recorded]:
    """See `Provider.recordings`."""
    found: list[dict[str, Any]] = []
    if room:
        for sid in await _conferences(account, room, ""):
            found += await _recordings(account, f"/Conferences/{sid}/Recordings.json")
    if leg:
        found += await _recordings(account, f"/Calls/{leg}/Recordings.json")
    return [
        _told(each, room, leg) for each in found if each.get("status") in ("completed", "absent", "failed", "deleted")
    ]


async def sound_of(account: Account, reference: str) -> bytes:
    """See `Provider.sound_of`. One that is not there may only be late."""
    settings = account.settings
    try:
        found = await rest.do(settings, "GET", f"/Recordings/{reference}.json")
    except rest.Failure as no:
        raise TryLater(_NOT_READY, after=_SOON) from no
    status = found.get("status")
    if status in ("absent", "failed", "deleted"):
        raise Refused(_GONE)
    if status in ("in-progress", "paused", "processing", "stopped"):
        raise TryLater(_NOT_READY, after=_SOON)
    # Of a room, the provider gives both channels only to who asks for them.
    channels = "2" if found.get("source") in ("Conference", "StartConferenceRecordingAPI") else ""
    url = f"{rest.root(settings)}/Recordings/{reference}.wav" + (f"?RequestedChannels={channels}" if channels else "")
    try:
        answer = await http.ask("GET", url, auth=(settings.account_sid, settings.token), seconds=_SECONDS, most=_MOST)
        if answer.status in (301, 302, 303, 307, 308) and "location" in answer.headers:
            # Kept elsewhere: no credentials go there, and nothing inside our own network is fetched.
            answer = await http.fetch(answer.headers["location"], most=_MOST, seconds=_SECONDS)
    except (http.NotReached, http.NoAnswer) as error:
        raise TryLater(rest.unreached(error)) from error
    except (http.TooLarge, http.NotAllowed) as error:
        raise Refused(str(error)) from error
    if answer.status == 200 and answer.body:
        return answer.body
    raise TryLater(rest.failure(answer).words if answer.status != 404 else _NOT_READY, after=_SOON)


async def erase(account: Account, reference: str) -> None:
    """See `Provider.erase`."""
    try:
        await rest.do(account.settings, "DELETE", f"/Recordings/{reference}.json")
    except rest.Failure:
        return


def _told(found: dict[str, Any], room: str, leg: str) -> Recorded:
    status, reference = str(found.get("status")), str(found.get("sid"))
    seconds = str(found.get("duration") or "0")
    return Recorded(
        leg=leg,
        key=f"recorded:{reference}:{status}",
        reference=reference,
        room=room,
        seconds=float(seconds) if seconds.isascii() and seconds.isdigit() else 0.0,
        channels=int(found.get("channels") or 1),
        message=bool(leg),
        missing="" if status == "completed" else f"recording {status}",
    )


async def _conference(account: Account, room: str) -> str:
    """What the provider calls a room that somebody is in; "" when nobody is."""
    return next(iter(await _conferences(account, room, "in-progress")), "")


async def _conferences(account: Account, room: str, status: str) -> list[str]:
    if not room:
        return []
    query = [("FriendlyName", room), ("PageSize", "20"), *([("Status", status)] if status else [])]
    try:
        found = await rest.do(account.settings, "GET", "/Conferences.json", query=query)
    except rest.Failure:
        return []
    return [str(each["sid"]) for each in found.get("conferences") or () if each.get("sid")]


async def _recordings(account: Account, path: str) -> list[dict[str, Any]]:
    try:
        found = await rest.do(account.settings, "GET", path, query=[("PageSize", "50")])
    except rest.Failure:
        return []
    return [each for each in found.get("recordings") or () if each.get("sid")]

"""The people of the desk: the first owner, invitations, rights, preferences and presence."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import available_timezones

import msgspec

from polydesk import db, events, hooks, live
from polydesk.errors import Conflict, Forbidden, Invalid, NotFound
from polydesk.i18n import _
from polydesk.remembered import Remembered
from polydesk.scopes import service as scopes
from polydesk.staff import passwords
from polydesk.staff import service as sessions
from polydesk.staff.access import Reach, Viewer
from polydesk.types import Presence, Role, Scope

INVITATION_HOURS = 72.0


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """A colleague as the people screen shows them. `invited` until they have chosen a password."""

    id: int
    name: str
    email: str
    is_owner: bool
    active: bool
    invited: bool
    speaks: tuple[str, ...]
    capacity: int
    presence: Presence
    places: tuple[Reach, ...]
    created_at: datetime


async def needs_owner() -> bool:
    """True until the first owner exists."""
    return not await db.fetch("SELECT id FROM pd_person WHERE is_owner = {} LIMIT 1", True)


async def create_owner(
    *, name: str, email: str, password: str, company: str = "", language: str = "en", time_zone: str = "UTC"
) -> int:
    """The first owner, with their company as the first client; the person's id."""
    _check_name_and_email(name, email)
    digest = await passwords.hashed(password)
    async with db.transaction():
        await db.lock("first owner")
        if not await needs_owner():
            raise Conflict(_("This desk has an owner already. Sign in instead."))
        person = await _insert_person(name, email, language, time_zone, owner=True, password_hash=digest)
        if not await db.fetch("SELECT id FROM pd_client LIMIT 1"):
            await scopes.create_client((company or name)[:200], languages=(language,), time_zone=time_zone)
        live.signal(0, "staff")
    return person


async def list_people(viewer: Viewer) -> list[Person]:
    """Everyone who shares a client with the viewer (owners: everyone)."""
    return [
        msgspec.structs.replace(person, places=tuple(p for p in person.places if viewer.sees(p.client, p.market)))
        for person in await _everyone.get()
        if viewer.is_owner or any(viewer.sees(place.client, place.market) for place in person.places)
    ]


async def _read() -> list[Person]:
    places: dict[int, list[Reach]] = {}
    for row in await db.fetch("SELECT person, client, market, role FROM pd_membership ORDER BY client, market"):
        places.setdefault(row["person"], []).append(Reach(row["client"], row["market"], row["role"]))
    return [
        Person(
            id=row["id"],
            name=row["name"],
            email=row["email"],
            is_owner=bool(row["is_owner"]),
            active=bool(row["active"]),
            invited=not row["password_hash"],
            speaks=tuple(row["speaks"].split()),
            capacity=row["capacity"],
            presence=row["presence"],
            places=tuple(places.get(row["id"], ())),
            created_at=row["created_at"],
        )
        for row in await db.fetch("SELECT * FROM pd_person ORDER BY active DESC, name, id")
    ]


_everyone = Remembered("staff", _read)


async def get_person(viewer: Viewer, person: int) -> Person:
    """One colleague, or `NotFound`."""
    for found in await list_people(viewer):
        if found.id == person:
            return found
    raise NotFound(_("There is nothing here, or it is not yours to see."))


async def invite(
    viewer: Viewer, *, name: str, email: str, client: int, market: int | None, role: Role, speaks: tuple[str, ...] = ()
) -> str:
    """Add a person to a client and return the token of their invitation link, which is shown once.

    Someone who is known already only gains the membership; the token is "" when they have a password, or an open
    invitation by somebody else.
    """
    viewer.require("staff.manage", client, market)
    _check_name_and_email(name, email)
    async with db.transaction():
        known = await db.fetch("SELECT id, password_hash FROM pd_person WHERE email = {}", email.strip().lower())
        person = known[0]["id"] if known else await _insert_person(name, email, viewer.language, viewer.time_zone)
        if speaks and not known:
            await db.fetch("UPDATE pd_person SET speaks = {} WHERE id = {}", " ".join(speaks), person)
        await _grant(person, client, market, role)
        live.signal(0, "staff")
        # A link chooses the password of the whole account: never for someone who is also another client's.
        if known and (known[0]["password_hash"] or not await _manages_all_of(viewer, person)):
            return ""
        return await sessions.new_link(person, "invite", INVITATION_HOURS)


async def new_invitation(viewer: Viewer, person: int) -> str:
    """A new link for someone who lost theirs or their password; earlier sessions end when it is used."""
    target = await _manageable(viewer, person)
    return await sessions.new_link(target.id, "invite", INVITATION_HOURS)


async def update_person(
    viewer: Viewer, person: int, *, name: str, speaks: tuple[str, ...], capacity: int, active: bool
) -> None:
    """Change a colleague; deactivating signs them out at once and frees nothing they did."""
    target = await _manageable(viewer, person)
    if not name.strip():
        raise Invalid({"name": _("Enter a name.")})
    if not 0 <= capacity <= 500:
        raise Invalid({"capacity": _("Enter a number from 0 to 500.")})
    if target.id == viewer.id and not active:
        raise Invalid({"active": _("You cannot deactivate yourself.")})
    async with db.transaction():
        await db.fetch(
            "UPDATE pd_person SET name = {}, speaks = {}, capacity = {}, active = {} WHERE id = {}",
            db.clean(name.strip())[:200],
            " ".join(speaks),
            capacity,
            active,
            person,
        )
        if not active:
            await sessions.end_sessions(person)
        live.signal(0, "staff")


async def set_role(viewer: Viewer, person: int, client: int, market: int | None, role: Role | None) -> None:
    """Give a role at a place, or take it away (None)."""
    viewer.require("staff.manage", client, market)
    target = await get_person(viewer, person)
    if target.is_owner and not viewer.is_owner:
        raise Forbidden(_("Only an owner may change an owner."))
    async with db.transaction():
        if role is None:
            await db.fetch(
                "DELETE FROM pd_membership WHERE person = {} AND client = {} AND COALESCE(market, 0) = {}",
                person,
                client,
                market or 0,
            )
        else:
            await _grant(person, client, market, role)
        live.signal(0, "staff")


async def save_preferences(viewer: Viewer, *, name: str, language: str, colours: str, time_zone: str) -> None:
    """A person's own name, language, colours and time zone."""
    problems = {}
    if not name.strip():
        problems["name"] = _("Enter a name.")
    if time_zone not in available_timezones():
        problems["time_zone"] = _("Choose a time zone from the list.")
    if problems:
        raise Invalid(problems)
    await db.fetch(
        "UPDATE pd_person SET name = {}, interface_language = {}, colours = {}, time_zone = {} WHERE id = {}",
        db.clean(name.strip())[:200],
        language,
        colours,
        time_zone,
        viewer.id,
    )
    live.signal(0, "staff")


async def change_password(viewer: Viewer, *, old: str, new: str, browser: str = "") -> str:
    """Set a new password and return a new session's token; all others of this person end."""
    row = (await db.fetch("SELECT password_hash FROM pd_person WHERE id = {}", viewer.id))[0]
    if row["password_hash"] and not await passwords.matches(old, row["password_hash"]):
        raise Invalid({"old": _("This is not your present password.")})
    digest = await passwords.hashed(new)
    async with db.transaction():
        await db.fetch("UPDATE pd_person SET password_hash = {} WHERE id = {}", digest, viewer.id)
        await sessions.end_sessions(viewer.id)
        return await sessions.start_session(viewer.id, browser)


async def record_presence(viewer: Viewer, presence: Presence) -> None:
    """Write down whether one is ready; `conversations.assigning.set_presence` also offers what waits."""
    async with db.transaction():
        await db.fetch("UPDATE pd_person SET presence = {} WHERE id = {}", presence, viewer.id)
        for client in viewer.clients:
            await events.announce(Scope(client), hooks.polydesk_presence_changed, person=viewer.id, presence=presence)
            live.signal(client, "presence", viewer.id)
        live.signal(0, "staff")


async def _manageable(viewer: Viewer, person: int) -> Person:
    """Someone whose whole account is the viewer's to manage: a link or a deactivation reaches every place of theirs."""
    target = await get_person(viewer, person)
    if target.is_owner and not viewer.is_owner:
        raise Forbidden(_("Only an owner may change an owner."))
    if not await _manages_all_of(viewer, person):
        raise Forbidden(_("This person works for others too. Ask an owner of the desk."))
    return target


async def _manages_all_of(viewer: Viewer, person: int) -> bool:
    places = await db.fetch("SELECT client, market FROM pd_membership WHERE person = {}", person)
    return viewer.is_owner or (
        bool(places) and all(viewer.can("staff.manage", place["client"], place["market"]) for place in places)
    )


async def _grant(person: int, client: int, market: int | None, role: Role) -> None:
    await db.fetch(
        "INSERT INTO pd_membership (person, client, market, role) VALUES ({}, {}, {}, {}) "
        "ON CONFLICT (person, client, COALESCE(market, 0)) DO UPDATE SET role = EXCLUDED.role",
        person,
        client,
        market,
        role,
    )


async def _insert_person(
    name: str, email: str, language: str, time_zone: str, *, owner: bool = False, password_hash: str = ""
) -> int:
    rows = await db.fetch(
        "INSERT INTO pd_person (email, name, interface_language, time_zone, is_owner, password_hash, speaks) "
        "VALUES ({}, {}, {}, {}, {}, {}, {}) RETURNING id",
        email.strip().lower(),
        db.clean(name.strip())[:200],
        language,
        time_zone,
        owner,
        password_hash,
        language,
    )
    return int(rows[0]["id"])


def _check_name_and_email(name: str, email: str) -> None:
    problems = {}
    if not name.strip():
        problems["name"] = _("Enter a name.")
    local, at, domain = email.strip().partition("@")
    if not (local and at and domain) or any(character.isspace() for character in email.strip()) or len(email) > 254:
        problems["email"] = _("Enter an email address like name@example.com.")
    if problems:
        raise Invalid(problems)

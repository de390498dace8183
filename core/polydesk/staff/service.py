"""Signing in and out: sessions, lock-out, single-use links, and the viewer behind a token."""

from __future__ import annotations

import hashlib
import secrets
import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from polydesk import db, i18n, live
from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.staff import passwords
from polydesk.staff.access import Reach, Viewer

SESSION_DAYS = 14
SEEN_EVERY = timedelta(minutes=5)
FAILURES_TO_LOCK = 5
LOCK_MINUTES = 15
_CACHE_SECONDS = 30.0
_viewers: dict[str, tuple[float, Viewer]] = {}


def token_hash(token: str) -> str:
    """What is stored of a token, so that a stolen database signs nobody in."""
    return hashlib.sha256(token.encode()).hexdigest()


def forget_viewers(_signal: live.Signal | None = None) -> None:
    """Drop what this process remembers of signed-in people; every change to staff signals it everywhere."""
    _viewers.clear()


live.on("staff", forget_viewers)
live.on("resync", forget_viewers)


async def sign_in(email: str, password: str, browser: str = "") -> str:
    """A new session's token. `Invalid` says the same for a wrong password and an unknown address."""
    now = datetime.now(UTC)
    rows = await db.fetch("SELECT * FROM pd_person WHERE email = {}", email.strip().lower())
    person = rows[0] if rows else None
    if person and person["locked_until"] and person["locked_until"] > now:
        raise Invalid(message=_too_many((person["locked_until"] - now).total_seconds()))
    if person is None:
        _refuse_stranger(email)
    good = await passwords.matches(password, person["password_hash"] if person else "")
    if person is None or not person["active"] or not good:
        if person is not None and not good:
            await _count_failure(person["id"], now)
        raise Invalid(message=_("The email address or the password is wrong."))
    async with db.transaction():
        await db.fetch("UPDATE pd_person SET failed_sign_ins = 0, locked_until = NULL WHERE id = {}", person["id"])
        return await start_session(person["id"], browser)


# Addresses nobody has are locked like those somebody has, so that the answer never tells which is which.
_strangers: OrderedDict[str, tuple[int, float]] = OrderedDict()
_STRANGERS_REMEMBERED = 10_000


def _refuse_stranger(email: str) -> None:
    key = email.strip().lower()
    failures, until = _strangers.pop(key, (0, 0.0))
    left = until - time.monotonic()
    if left > 0:
        _strangers[key] = failures, until
        raise Invalid(message=_too_many(left))
    failures += 1
    locked = failures >= FAILURES_TO_LOCK
    _strangers[key] = (0, time.monotonic() + LOCK_MINUTES * 60) if locked else (failures, 0.0)
    while len(_strangers) > _STRANGERS_REMEMBERED:
        _strangers.popitem(last=False)


def _too_many(seconds: float) -> str:
    words = _("Too many wrong passwords. Try again in %(minutes)s min, or ask an admin for a new link.")
    return words % {"minutes": max(1, round(seconds / 60))}


async def _count_failure(person: int, now: datetime) -> None:
    until = now + timedelta(minutes=LOCK_MINUTES)
    await db.fetch(
        "UPDATE pd_person SET failed_sign_ins = failed_sign_ins + 1 WHERE id = {}",
        person,
    )
    await db.fetch(
        "UPDATE pd_person SET locked_until = {}, failed_sign_ins = 0 WHERE id = {} AND failed_sign_ins >= {}",
        until,
        person,
        FAILURES_TO_LOCK,
    )


async def start_session(person: int, browser: str = "") -> str:
    """A fresh token for a person; sessions never keep a token chosen before sign-in."""
    token = secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    await db.fetch(
        "INSERT INTO pd_session (token_hash, person, created_at, last_seen_at, expires_at, browser) "
        "VALUES ({}, {}, {}, {}, {}, {})",
        token_hash(token),
        person,
        now,
        now,
        now + timedelta(days=SESSION_DAYS),
        db.clean(browser)[:200],
    )
    return token


async def sign_out(token: str) -> None:
    """End one session."""
    await db.fetch("DELETE FROM pd_session WHERE token_hash = {}", token_hash(token))
    live.signal(0, "staff")


async def end_sessions(person: int, except_token: str = "") -> None:
    """Sign a person out everywhere (but here)."""
    await db.fetch("DELETE FROM pd_session WHERE person = {} AND token_hash <> {}", person, token_hash(except_token))
    live.signal(0, "staff")


async def viewer_for(token: str) -> Viewer | None:
    """Who this token is, or None. Remembered for some seconds; a change to staff drops that at once."""
    digest = token_hash(token)
    known = _viewers.get(digest)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    now = datetime.now(UTC)
    rows = await db.fetch(
        "SELECT p.id, p.email, p.name, p.is_owner, p.interface_language, p.colours, p.time_zone, p.speaks, "
        "p.presence, p.capacity, s.last_seen_at FROM pd_session s JOIN pd_person p ON p.id = s.person "
        "WHERE s.token_hash = {} AND s.expires_at > {} AND p.active = {}",
        digest,
        now,
        True,
    )
    if not rows:
        return None
    row = rows[0]
    if now - row["last_seen_at"] > SEEN_EVERY:
        await db.fetch("UPDATE pd_session SET last_seen_at = {} WHERE token_hash = {}", now, digest)
    viewer = await viewer_of(row)
    _viewers[digest] = (time.monotonic() + _CACHE_SECONDS, viewer)
    return viewer


async def viewer_by_id(person: int) -> Viewer:
    """The same for a person by id, for work done in someone's name."""
    rows = await db.fetch("SELECT * FROM pd_person WHERE id = {}", person)
    return await viewer_of(rows[0])


async def console() -> Viewer:
    """Whoever sits at the machine and uses the command line: they may do all that owners may, and are nobody."""
    return await viewer_of(
        {
            "id": 0,
            "name": "",
            "email": "",
            "is_owner": True,
            "interface_language": i18n.SOURCE,
            "colours": "auto",
            "time_zone": "UTC",
            "speaks": "",
            "presence": "offline",
            "capacity": 0,
        }
    )


async def viewer_of(row: dict[str, Any]) -> Viewer:
    """A viewer from a person's row."""
    if row["is_owner"]:
        places = await db.fetch("SELECT id AS client, NULL AS market, 'admin' AS role FROM pd_client ORDER BY id")
    else:
        places = await db.fetch(
            "SELECT client, market, role FROM pd_membership WHERE person = {} ORDER BY client, market", row["id"]
        )
    return Viewer(
        id=row["id"],
        name=row["name"],
        email=row["email"],
        is_owner=bool(row["is_owner"]),
        language=row["interface_language"],
        colours=cast(Any, row["colours"]),
        time_zone=row["time_zone"],
        speaks=tuple(row["speaks"].split()),
        presence=cast(Any, row["presence"]),
        capacity=row["capacity"],
        reach=tuple(Reach(place["client"], place["market"], place["role"]) for place in places),
    )


async def new_link(person: int, purpose: str, hours: float) -> str:
    """The token of a single-use link for "invite" or "sign-in"."""
    token = secrets.token_urlsafe(24)
    await db.fetch(
        "INSERT INTO pd_link (token_hash, person, purpose, expires_at) VALUES ({}, {}, {}, {})",
        token_hash(token),
        person,
        purpose,
        datetime.now(UTC) + timedelta(hours=hours),
    )
    return token


async def link_owner(token: str, purpose: str) -> dict[str, Any] | None:
    """The person an unused, unexpired link is for; {id, name, email}."""
    rows = await db.fetch(
        "SELECT p.id, p.name, p.email FROM pd_link l JOIN pd_person p ON p.id = l.person "
        "WHERE l.token_hash = {} AND l.purpose = {} AND l.used_at IS NULL AND l.expires_at > {} AND p.active = {}",
        token_hash(token),
        purpose,
        datetime.now(UTC),
        True,
    )
    return rows[0] if rows else None


async def use_link(token: str, browser: str = "") -> str | None:
    """Sign in by a console link; the session's token, or None when the link is spent."""
    async with db.transaction():
        rows = await _spend(token, "sign-in")
        return await start_session(rows[0]["person"], browser) if rows else None


async def accept_invitation(token: str, password: str, browser: str = "") -> str:
    """Choose a password by invitation and be signed in. `Invalid` when the link is spent or the password too short."""
    digest = await passwords.hashed(password)
    async with db.transaction():
        rows = await _spend(token, "invite")
        if not rows:
            raise Invalid(message=_("This link was used or has expired. Ask an admin for a new one."))
        person = rows[0]["person"]
        await db.fetch(
            "UPDATE pd_person SET password_hash = {}, failed_sign_ins = 0, locked_until = NULL WHERE id = {}",
            digest,
            person,
        )
        await end_sessions(person)
        return await start_session(person, browser)


async def _spend(token: str, purpose: str) -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return await db.fetch(
        "UPDATE pd_link SET used_at = {} WHERE token_hash = {} AND purpose = {} AND used_at IS NULL "
        "AND expires_at > {} RETURNING person",
        now,
        token_hash(token),
        purpose,
        now,
    )

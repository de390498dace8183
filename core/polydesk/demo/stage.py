"""The firms of the demo and the people who work for them, made by the same services an admin uses."""

from __future__ import annotations

import secrets

import msgspec

from polydesk import db
from polydesk.conversations import assigning
from polydesk.queues import service as queues
from polydesk.scopes import service as scopes
from polydesk.staff import people
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.types import Role

OWNER = ("Mara Olsen", "mara@polydesk.example")
FIRMS = {
    "swift": ("Swiftwheel Courier", ("en", "fr", "es", "ar"), "Europe/Paris"),
    "lantern": ("Lantern Books", ("en", "de", "fr"), "Europe/London"),
    "velo": ("Velo City", ("es", "de", "it", "en"), "Europe/Madrid"),
}
MARKETS = {
    "swift-fr": ("FR", "France", ("fr",), "Europe/Paris", "aide@swiftwheel.example"),
    "swift-ma": ("MA", "Maroc", ("ar", "fr"), "Africa/Casablanca", "maroc@swiftwheel.example"),
    "swift-es": ("ES", "España", ("es",), "Europe/Madrid", "ayuda@swiftwheel.example"),
    "swift-gb": ("GB", "United Kingdom", ("en",), "Europe/London", "help@swiftwheel.example"),
    "lantern-gb": ("GB", "United Kingdom", ("en",), "Europe/London", "hello@lanternbooks.example"),
    "lantern-de": ("DE", "Deutschland", ("de",), "Europe/Berlin", "service@lanternbooks.example"),
    "lantern-fr": ("FR", "France", ("fr",), "Europe/Paris", "bonjour@lanternbooks.example"),
    "velo-es": ("ES", "España", ("es",), "Europe/Madrid", "hola@velocity.example"),
    "velo-de": ("DE", "Deutschland", ("de", "en"), "Europe/Berlin", "hallo@velocity.example"),
    "velo-it": ("IT", "Italia", ("it",), "Europe/Rome", "ciao@velocity.example"),
}
# Name, languages spoken, where with which role, whether at work now.
PEOPLE: tuple[tuple[str, tuple[str, ...], dict[str, Role], bool], ...] = (
    ("Inès Fontaine", ("fr", "en"), {"swift": "agent", "lantern": "agent"}, True),
    ("Omar Haddad", ("ar", "fr", "en"), {"swift": "supervisor"}, True),
    ("Carmen Soto", ("es", "ca", "pt"), {"swift": "agent", "velo": "agent"}, True),
    ("Grace Whitmore", ("en", "cy"), {"swift": "agent", "lantern": "supervisor"}, True),
    ("Jonas Keller", ("de", "en", "nl"), {"lantern": "agent", "velo": "agent"}, True),
    ("Bianca Conti", ("it", "en", "es"), {"velo": "supervisor"}, True),
    ("Tomasz Zieliński", ("pl", "en", "uk"), {"swift": "agent"}, False),
    ("Aylin Demir", ("tr", "de"), {"velo": "agent", "lantern": "analyst"}, False),
)


class Office(msgspec.Struct, frozen=True):
    """One market of one firm, with the address its customers write to; `port` takes the mail it sends."""

    code: str
    firm: str
    client: int
    market: int
    queue: int
    address: str
    port: int


class Stage(msgspec.Struct):
    """What was built; `keys` are who, e-mail and password of those who can sign in."""

    owner: Viewer
    offices: dict[str, Office]
    keys: list[tuple[str, str, str]]


async def build(port: int) -> Stage:
    """Make everything but the conversations."""
    password = secrets.token_urlsafe(9)
    first, _, zone = FIRMS["swift"]
    person = await people.create_owner(
        name=OWNER[0], email=OWNER[1], password=password, company=first, time_zone="Europe/Paris"
    )
    keys = [(f"{OWNER[0]}, owner", OWNER[1], password)]
    clients = {}
    for code, (name, languages, zone) in FIRMS.items():
        found = await db.fetch("SELECT id FROM pd_client WHERE name = {}", name)
        clients[code] = (
            found[0]["id"] if found else await scopes.create_client(name, languages=languages, time_zone=zone)
        )
    markets = {
        code: await scopes.create_market(
            clients[code.split("-")[0]], code=short, name=name, languages=languages, time_zone=zone
        )
        for code, (short, name, languages, zone, _) in MARKETS.items()
    }
    owner = await staff.viewer_by_id(person)
    for name, speaks, places, _ in PEOPLE:
        keys += await _hire(owner, name, speaks, {clients[firm]: role for firm, role in places.items()})
    offices = {}
    for code, market in markets.items():
        client, label = clients[code.split("-")[0]], MARKETS[code][1]
        queue = await queues.save_queue(owner, client=client, market=market, name=f"{label}")
        offices[code] = Office(code, FIRMS[code.split("-")[0]][0], client, market, queue, MARKETS[code][4], port)
    return Stage(owner, offices, keys)


async def _hire(
    owner: Viewer, name: str, speaks: tuple[str, ...], places: dict[int, Role]
) -> list[tuple[str, str, str]]:
    email = f"{name.split(maxsplit=1)[0].lower().replace('è', 'e')}@polydesk.example"
    invitation = ""
    for client, role in places.items():
        invitation = invitation or await people.invite(
            owner, name=name, email=email, client=client, market=None, role=role, speaks=speaks
        )
        found = next(each for each in await people.list_people(owner) if each.email == email)
        await people.set_role(owner, found.id, client, None, role)
    password = secrets.token_urlsafe(9)
    await staff.sign_out(await staff.accept_invitation(invitation, password))
    return [(f"{name}, {'/'.join(dict.fromkeys(places.values()))}", email, password)]


async def clock_in(stage: Stage) -> None:
    """Those who are at work now say so."""
    ready = {name for name, _, _, working in PEOPLE if working}
    for person in await people.list_people(stage.owner):
        if person.name in ready:
            await assigning.set_presence(await staff.viewer_by_id(person.id), "ready")


_stage: list[Stage] = []


def use(stage: Stage) -> None:
    """Make it the one that steps play on."""
    _stage[:] = [stage]


def current() -> Stage:
    """The stage steps play on."""
    return _stage[0]

"""Clients and markets: seen, made, changed, copied and compared."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from polydesk import desk, poke
from polydesk.cli.groups import main
from polydesk.cli.running import command, settings
from polydesk.cli.shown import differences as show
from polydesk.errors import Invalid, PolydeskError
from polydesk.packs import making, templates
from polydesk.places import service as places
from polydesk.scopes import service as scopes
from polydesk.scopes.places import Details, Place
from polydesk.staff import service as staff
from polydesk.staff.access import Viewer
from polydesk.types import Scope


@asynccontextmanager
async def opened() -> AsyncIterator[Viewer]:
    """The desk, for whoever sits at the machine; what was typed wrong is said with its option."""
    found = settings(log_level="error")
    async with desk.open(found, patience=5.0):
        try:
            yield await staff.console()
            poke.poke(found)
        except Invalid as problem:
            raise PolydeskError(
                "\n".join(f"{name}: {words}" for name, words in problem.fields.items()) or str(problem)
            ) from problem


def details(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options with which a client or market is described."""
    for option in reversed(
        (
            click.option("--languages", help='Codes, the usual one first: "fr en". Empty inherits, here and below.'),
            click.option("--time-zone", help="Such as Europe/Paris."),
            click.option("--holidays", help='Countries, parts of them and dates: "ES-CT 12-24 2027-05-02".'),
            click.option("--sender", help="The name contacts see beside the address."),
            click.option("--theme", help="The name of an installed theme."),
            click.option("--owner", help="The e-mail address of the colleague who answers for it."),
            click.option(
                "--legal",
                multiple=True,
                metavar="KIND:LANGUAGE=WORDS",
                help="privacy, imprint or footer; @FILE reads the words from a file, no words takes them away.",
            ),
        )
    ):
        function = option(function)
    return function


async def _described(viewer: Viewer, scope: Scope, before: Details, given: dict[str, Any]) -> Details:
    """`before` with what was given on the command line."""
    changes: dict[str, Any] = {
        name: given[name] for name in ("time_zone", "holidays", "sender", "theme") if given[name] is not None
    }
    if given["languages"] is not None:
        changes["languages"] = tuple(given["languages"].replace(",", " ").split())
    if given["owner"] is not None:
        changes["owner"] = await _person(viewer, scope, given["owner"])
    legal = {kind: dict(words) for kind, words in before.legal.items()}
    for line in given["legal"]:
        where, equals, words = line.partition("=")
        kind, colon, language = where.partition(":")
        if not equals or not colon:
            raise PolydeskError("--legal: write KIND:LANGUAGE=WORDS, such as footer:en=@footer.txt")
        legal.setdefault(kind, {})[language] = _read(words[1:]) if words[:1] == "@" else words
    return msgspec.structs.replace(before, **changes, legal=legal)


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8")
    except OSError as error:
        raise PolydeskError(f"--legal: {path}: {error.strerror}") from error


async def _person(viewer: Viewer, scope: Scope, email: str) -> int | None:
    if not email:
        return None
    for person in await places.candidates(viewer, scope):
        if person.email == email.lower():
            return person.id
    raise PolydeskError(f"--owner: nobody with the address {email} works there")


@main.group()
def client() -> None:
    """Companies whose customers are served here."""


@client.command("list")
@command
async def list_clients() -> None:
    """Every client: its short name, and what holds there."""
    async with opened() as viewer:
        for each in await places.list_places(viewer):
            box = "  (sandbox: nothing leaves)" if each.sandbox else ""
            click.echo(f"{each.slug:24} {each.name}{box}")
            _tell(await scopes.place(Scope(each.id)))


@client.command("new")
@click.argument("name")
@details
@command
async def new_client(name: str, **given: Any) -> None:
    """Take in a company."""
    async with opened() as viewer:
        made = await places.new_client(viewer, name=name, details=await _described(viewer, Scope(), Details(), given))
        found = await places.get_client(await staff.console(), made)
        click.echo(f"{found.slug} is there.")


@client.command("change")
@click.argument("slug")
@click.option("--name")
@click.option("--sandbox/--no-sandbox", default=None, help="In the sandbox nothing leaves: it is kept to be looked at.")
@details
@command
async def change_client(slug: str, name: str | None, sandbox: bool | None, **given: Any) -> None:
    """Change what is given, and leave the rest."""
    async with opened() as viewer:
        found, _market = await places.find(viewer, slug)
        described = await _described(viewer, Scope(found.id), found.own, given)
        await places.change_client(viewer, found.id, name=name or found.name, details=described, sandbox=sandbox)
        _tell(await scopes.place(Scope(found.id)))


@main.group()
def market() -> None:
    """Countries and regions of a client, written CLIENT/CODE."""


@market.command("list")
@click.argument("client", default="")
@command
async def list_markets(client: str) -> None:
    """Markets, of one client or of all, with what holds there and where it comes from."""
    async with opened() as viewer:
        for each in await places.list_places(viewer):
            for found in each.markets if client in ("", each.slug) else ():
                click.echo(f"{each.slug}/{found.code:20} {found.name}")
                _tell(await scopes.place(Scope(each.id, found.id)))


@market.command("new")
@click.argument("address", metavar="CLIENT/CODE")
@click.option("--name", required=True)
@click.option("--template", type=int, metavar="ID", help="Make it from a kept configuration (`polydesk pack list`).")
@details
@command
async def new_market(address: str, name: str, template: int | None, **given: Any) -> None:
    """Make a market, empty or from a kept configuration."""
    async with opened() as viewer:
        slug, _slash, code = address.partition("/")
        found, _market = await places.find(viewer, slug)
        if template is None:
            described = await _described(viewer, Scope(found.id), Details(), given)
            await places.new_market(viewer, found.id, code=code, name=name, details=described)
        else:
            origin = await making.from_template(viewer, template)
            made = await making.make(viewer, found.id, code=code, name=name, origin=origin)
            await _describe(await staff.console(), made, given)
        click.echo(f"{found.slug}/{code} is there.")


@market.command("change")
@click.argument("address", metavar="CLIENT/CODE")
@click.option("--name")
@click.option("--code")
@details
@command
async def change_market(address: str, name: str | None, code: str | None, **given: Any) -> None:
    """Change what is given, and leave the rest."""
    async with opened() as viewer:
        found = await _market(viewer, address)
        await _describe(viewer, found.id, given, name=name, code=code)
        _tell(await scopes.place(Scope(found.client, found.id)))


@market.command("copy")
@click.argument("source", metavar="CLIENT/CODE")
@click.argument("target", metavar="CLIENT/CODE")
@click.option("--name", required=True)
@command
async def copy_market(source: str, target: str, name: str) -> None:
    """Make a market with all that another one has, but for its accounts and people; also for another client."""
    async with opened() as viewer:
        origin = await making.copied(viewer, (await _market(viewer, source)).id)
        slug, _slash, code = target.partition("/")
        found, _none = await places.find(viewer, slug)
        await making.make(viewer, found.id, code=code, name=name, origin=origin)
        click.echo(f"{found.slug}/{code} is there, made from {source}.")


@market.command("differences")
@click.argument("address", metavar="CLIENT/CODE")
@click.argument("other", metavar="[OTHER/CODE]", default="")
@command
async def differences(address: str, other: str) -> None:
    """How a market differs from what it was made from, as that was then and as it is now; or from another market."""
    async with opened() as viewer:
        found = await _market(viewer, address)
        if other:
            click.echo(f"From {other} to {address}:")
            show(await making.between(viewer, (await _market(viewer, other)).id, found.id))
            return
        distance = await making.distance(viewer, found.id)
        if distance is None:
            click.echo("It was made empty.")
            return
        click.echo(f"Since it was made from {distance.origin.name} on {distance.origin.at:%Y-%m-%d}:")
        show(distance.since)
        if distance.now is None:
            click.echo("What it was made from is not there any more.")
        else:
            click.echo(f"From {distance.origin.name} as it is now:")
            show(distance.now)


@market.command("keep")
@click.argument("address", metavar="CLIENT/CODE")
@click.option("--name", required=True)
@click.option("--everyone", is_flag=True, help="Every client may use it.")
@command
async def keep_market(address: str, name: str, everyone: bool) -> None:
    """Keep a market's configuration as it is now, to make markets from."""
    async with opened() as viewer:
        number = await templates.keep(viewer, (await _market(viewer, address)).id, name, everyone=everyone)
        click.echo(f"Kept as {number}.")


async def _describe(
    viewer: Viewer, market: int, given: dict[str, Any], *, name: str | None = None, code: str | None = None
) -> None:
    client, found = await places.get_market(viewer, market)
    described = await _described(viewer, Scope(client.id, market), found.own, given)
    await places.change_market(viewer, market, code=code or found.code, name=name or found.name, details=described)


async def _market(viewer: Viewer, address: str) -> scopes.Market:
    _client, found = await places.find(viewer, address)
    if found is None:
        raise PolydeskError(f"Write CLIENT/CODE: {address} is a client.")
    return found


def _tell(place: Place) -> None:
    said = {
        "languages": " ".join(place.languages),
        "time zone": place.time_zone,
        "holidays": place.holidays,
        "sender": place.sender,
        "theme": place.theme,
    }
    for name, value in said.items():
        if value:
            click.echo(f"    {name:10} {value}  ({place.origin[name.replace(' ', '_')]})")
    for kind, words in place.legal.items():
        click.echo(f"    {kind:10} {' '.join(words)}  ({place.origin[f'legal.{kind}']})")

"""Market packs: exported, compared, applied and taken back."""

from __future__ import annotations

from pathlib import Path

import click

from polydesk.cli.clients import opened
from polydesk.cli.groups import main
from polydesk.cli.running import command
from polydesk.cli.shown import differences
from polydesk.packs import carrying, files, service, templates
from polydesk.packs.applying import Outcome
from polydesk.places import service as places
from polydesk.scopes.service import Client, Market
from polydesk.staff.access import Viewer
from polydesk.types import Scope

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))
_ADDRESS = click.argument("address", metavar="CLIENT[/CODE]")
_REMOVE = click.option("--remove", is_flag=True, help="Also take away what the pack's parts do not have.")


@main.group()
def pack() -> None:
    """A client's or market's configuration as a folder of text files, or as a .zip of them."""


async def _scope(viewer: Viewer, address: str) -> Scope:
    client, market = await places.find(viewer, address)
    return Scope(client.id, market.id if market else None)


@pack.command()
@_ADDRESS
@_FOLDER
@command
async def export(address: str, folder: Path) -> None:
    """Write the configuration into a folder; secrets and people stay here."""
    async with opened() as viewer:
        written = files.write(await service.export(viewer, await _scope(viewer, address)))
        _keep(written, folder)
        click.echo(f"{len(written)} files in {folder}")


@pack.command()
@_ADDRESS
@_FOLDER
@_REMOVE
@command
async def diff(address: str, folder: Path, remove: bool) -> None:
    """What applying a pack would change; everything is tried and nothing kept."""
    async with opened() as viewer:
        _tell(await service.try_out(viewer, await _scope(viewer, address), _given(folder), removes=remove))


@pack.command()
@_ADDRESS
@_FOLDER
@_REMOVE
@click.option("--dry-run", is_flag=True, help="Say what would change, and change nothing.")
@command
async def apply(address: str, folder: Path, remove: bool, dry_run: bool) -> None:
    """Make a client or market what the pack says: all of it, or nothing."""
    async with opened() as viewer:
        scope, given = await _scope(viewer, address), _given(folder)
        if dry_run:
            _tell(await service.try_out(viewer, scope, given, removes=remove))
            click.echo("Nothing was changed (--dry-run).")
            return
        outcome = await service.apply(viewer, scope, given, removes=remove)
        _tell(outcome)
        if outcome.change:
            click.echo(f"Applied. `polydesk pack rollback {outcome.change}` takes it back.")


@pack.command()
@click.argument("number", type=int)
@click.option("--anyway", is_flag=True, help="Also where something was changed since.")
@command
async def rollback(number: int, anyway: bool) -> None:
    """Put back what was there before a pack was applied (`polydesk pack list` has the numbers)."""
    async with opened() as viewer:
        await service.roll_back(viewer, number, anyway=anyway)
        click.echo("All is as it was before.")


@pack.command("list")
@click.argument("address", metavar="[CLIENT[/CODE]]", default="")
@command
async def list_packs(address: str) -> None:
    """What was applied, and the kept configurations that markets can be made from."""
    async with opened() as viewer:
        found = [await places.find(viewer, address)] if address else await _everyone(viewer)
        for client, market in found:
            for each in await service.history(viewer, Scope(client.id, market.id if market else None)):
                state = f"  taken back {each.undone_at:%Y-%m-%d %H:%M}" if each.undone_at else ""
                who = each.who or "command line"
                name, at = each.data["name"], f"{each.at:%Y-%m-%d %H:%M}"
                click.echo(f"{each.id:>6}  {at}  {client.slug:16} {name} ({each.data['entries']}) by {who}{state}")
            for kept in await templates.list_templates(viewer, client.id):
                click.echo(f"  kept {kept.id}: {kept.name}" + ("" if kept.client else " (for every client)"))


async def _everyone(viewer: Viewer) -> list[tuple[Client, Market | None]]:
    return [(client, None) for client in await places.list_places(viewer)]


def _keep(written: dict[str, str], folder: Path) -> None:
    if folder.suffix == ".zip":
        folder.write_bytes(carrying.zipped(written))
    else:
        carrying.into_folder(written, folder)


def _given(folder: Path) -> dict[str, bytes]:
    return carrying.unzipped(folder.read_bytes()) if folder.is_file() else carrying.from_folder(folder)


def _tell(outcome: Outcome) -> None:
    for code in outcome.made:
        click.echo(f"  + market {code}")
    differences(outcome.differences)
    if outcome.left:
        click.echo(f"  {len(outcome.left)} entries are not in the pack and stay; --remove takes them away:")
        for each in outcome.left:
            click.echo(f"      {each.place}{'/' if each.place else ''}{each.part}: {each.key}")
    for strange in outcome.strange:
        place = f"{strange.place}/" if strange.place else ""
        click.echo(f"  ! {place}{strange.part}: no plugin here knows this part ({strange.entries} entries not applied)")

"""The key for what is encrypted at rest."""

from __future__ import annotations

import asyncio

import click

from polydesk.cli.groups import main
from polydesk.cli.running import command, settings
from polydesk.errors import PolydeskError

_HEARD = 1.5
"""Seconds in which a signal, or without Redis a poke, has been heard everywhere."""


@main.command("rotate-key")
@click.option("--forget-old", is_flag=True, help="Then let go of older keys: what they signed (mail threads) ends.")
@command
async def rotate_key(forget_old: bool) -> None:
    """Make a new key and seal every stored secret with it, while the desk goes on.

    With the key in POLYDESK_SECRET_KEY, the new one goes there and the old one into POLYDESK_OLD_SECRET_KEYS first.
    """
    from polydesk import desk, live, poke, rotating, secrets
    from polydesk import settings as configuration
    from polydesk.staff import people

    found = settings()

    async def told() -> None:
        """Every process of this desk takes up the keys as they are now, before anything counts on it."""
        secrets.read_again()
        live.signal(0, "keys")
        poke.poke(found)
        await asyncio.sleep(_HEARD)

    await desk.reachable(found, 5.0)
    async with desk.open(found, patience=5.0):
        if await people.needs_owner():
            raise PolydeskError(
                "There is no desk here yet: is this the right POLYDESK_DATA_DIR or POLYDESK_DATABASE_URL?"
            )
        if not found.old_secret_keys:
            configuration.new_key(found)
        await told()
        count = await rotating.rotate()
        if forget_old:
            configuration.forget_old_keys(found)
            await told()
    click.echo(f"{count} places are sealed with the new key.")
    if found.secret_key:
        click.echo("POLYDESK_OLD_SECRET_KEYS may be emptied once no old mail needs to be answered.")

"""The first owner, and owners who cannot come in."""

from __future__ import annotations

import secrets

import click

from polydesk.cli.groups import main
from polydesk.cli.running import command, settings
from polydesk.errors import PolydeskError


@main.command()
@click.option("--name", help="Your name.")
@click.option("--email", help="Your e-mail address; you sign in with it.")
@click.option("--company", help="The company whose customers write; it becomes the first client.")
@click.option("--link", is_flag=True, help="Print a link that signs the owner in, once, within an hour.")
@click.option("--reset", is_flag=True, help="Print a link with which the owner chooses a new password.")
@command
async def owner(name: str | None, email: str | None, company: str | None, link: bool, reset: bool) -> None:
    """Create the first owner, or help one back in."""
    from polydesk import db, desk
    from polydesk.staff import people
    from polydesk.staff import service as staff

    found = settings()
    async with desk.open(found, patience=5.0):
        if link or reset:
            where = "WHERE is_owner = {} AND active = {}" + ("" if email is None else " AND lower(email) = lower({})")
            owners = await db.fetch(
                f"SELECT id, email FROM pd_person {where} ORDER BY id LIMIT 1", True, True, *([email] if email else [])
            )
            if not owners:
                raise PolydeskError("There is no such owner. `polydesk owner` creates the first one.")
            purpose, place = ("invite", "invite") if reset else ("sign-in", "sign-in/link")
            token = await staff.new_link(owners[0]["id"], purpose, 1.0)
            click.echo(f"For {owners[0]['email']}, once, within an hour:\n{found.address}/{place}/{token}")
            return
        if not await people.needs_owner():
            raise PolydeskError("There is an owner already. --link signs them in, --reset gives a new password.")
        name = name or click.prompt("Your name")
        email = email or click.prompt("Your e-mail address")
        company = company or click.prompt("Your company")
        password = secrets.token_urlsafe(12)
        await people.create_owner(name=name, email=email, password=password, company=company)
        click.echo(f"{email} owns this desk.\nPassword: {password}\nSign in on {found.address}/sign-in")

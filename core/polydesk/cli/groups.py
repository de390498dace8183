"""The root of the commands: ours, and those of plugins."""

from __future__ import annotations

import importlib

import click

from polydesk import __version__
from polydesk.cli import plugin_commands

LATER = {"client": "clients", "market": "clients", "pack": "packs"}
"""Groups that load much of the desk are imported when they are asked for: `serve` has to start fast."""


class Commands(click.Group):
    """Ours, then a group for each plugin that adds commands, named like the plugin."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names shown by --help."""
        return [*sorted({*super().list_commands(ctx), *LATER}), *plugin_commands.found()]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Ours win; plugins are loaded only when the name is not ours."""
        if cmd_name in LATER:
            importlib.import_module(f"polydesk.cli.{LATER[cmd_name]}")
        return super().get_command(ctx, cmd_name) or plugin_commands.found().get(cmd_name)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="polydesk")
def main() -> None:
    """Polydesk: one support desk for every channel, language and client.

    Settings are environment variables named POLYDESK_…: DATA_DIR, DATABASE_URL, REDIS_URL, HOST, PORT, BASE_URL,
    SECRET_KEY, LOG_LEVEL. Without any, everything lives in ./data and one process does all the work:

    \b
        polydesk demo      fill an empty desk with believable work
        polydesk serve     open it on http://127.0.0.1:8000
    """

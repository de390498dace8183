"""`python -m polydesk` is the command `polydesk`."""

from polydesk.cli import main

main(prog_name="polydesk")

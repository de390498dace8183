"""`make faults`: messages in and replies out on every channel, and calls, over a bad line while processes are killed.

On both databases; prints the account.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import time

import msgspec
from bench.places import Kind
from tests.faults.run import run


def main() -> int:
    """Exit code 1 when anything was lost, or doubled without saying so."""
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--mails", type=int, default=500)
    parser.add_argument("--chats", type=int, default=100, help="questions on each other channel")
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgres", "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    logging.getLogger().setLevel(logging.ERROR)
    wrong = 0
    kinds: tuple[Kind, ...] = ("sqlite", "postgres")
    for kind in kinds:
        if options.database not in (kind, "both"):
            continue
        begun = time.monotonic()
        limit = 180 + (options.mails + 5 * options.chats) * 0.6
        outcome = asyncio.run(
            run(
                kind, options.mails, options.chats, calls=options.calls, per_second=20.0, limit=limit, seed=options.seed
            )
        )
        victims, line = outcome.victims, outcome.line
        print(f"{kind}: {time.monotonic() - begun:.0f} s, {victims.kills} kills, {victims.flushes} flushes of Redis")
        print(f"  calls: {line.twice} twice, {line.late} late, {line.unanswered} whose answer was lost")
        for found in (outcome.account, outcome.calls):
            for name, value in msgspec.structs.asdict(found).items():
                print(f"  {name.replace('_', ' '):<20}{value:>7}")
        for fault in outcome.faults():
            print(f"  WRONG: {fault}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())

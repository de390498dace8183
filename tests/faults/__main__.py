"""`make faults`: 1,000 mails in and replies out while processes are killed, on both databases; prints the account."""

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
    parser.add_argument("--mails", type=int, default=1000)
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
        found, victims = asyncio.run(
            run(kind, options.mails, per_second=20.0, limit=120 + options.mails * 0.6, seed=options.seed)
        )
        print(f"{kind}: {time.monotonic() - begun:.0f} s, {victims.kills} kills, {victims.flushes} flushes of Redis")
        for name, value in msgspec.structs.asdict(found).items():
            print(f"  {name.replace('_', ' '):<20}{value:>7}")
        for fault in found.faults():
            print(f"  WRONG: {fault}")
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main())

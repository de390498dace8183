"""How the contract speaks when it is broken: what it wants, why, what was seen instead, and where to read on."""

from __future__ import annotations

from typing import NoReturn

import pytest

GUIDE = "docs/plugins/contract.md"


class ContractBroken(AssertionError):
    """A plugin does not keep a clause of the contract."""


def want(met: object, wanted: str, *, why: str, seen: object = "", clause: str) -> None:
    """Fail with a sentence that helps, unless `met`. `clause` is the heading in the guide."""
    __tracebackhide__ = True
    if not met:
        broken(wanted, why=why, seen=seen, clause=clause)


def broken(wanted: str, *, why: str, seen: object = "", clause: str) -> NoReturn:
    """Fail with a sentence that helps."""
    __tracebackhide__ = True
    lines = ["", f"The contract wants: {wanted}", f"Because: {why}"]
    if seen != "":
        lines.append(f"Seen instead: {str(seen)[:1500]}")
    lines.append(f"Read on: {GUIDE}#{clause}")
    raise ContractBroken("\n".join(lines))


def skip_unless(claimed: object, reason: str) -> None:
    """Leave a clause out, by name and with the reason, where a plugin does not claim what it is about."""
    __tracebackhide__ = True
    if not claimed:
        pytest.skip(f"not claimed: {reason}")

"""The short form of `make faults`: some dozens of mails and a few kills, on the database the suite runs on."""

from __future__ import annotations

import os

import pytest
from tests.faults.run import run

from polydesk.testing import mail_servers


@pytest.mark.timeout(600)
async def test_nothing_is_lost_or_doubled_while_the_desk_is_killed() -> None:
    if lacking := mail_servers.missing():
        if os.environ.get("CI") == "true":
            raise mail_servers.Missing(f"not installed: {', '.join(lacking)}")
        pytest.skip(f"real mail servers are not installed: {', '.join(lacking)}")
    kind = "postgres" if os.environ.get("POLYDESK_TEST_DATABASE", "sqlite") != "sqlite" else "sqlite"
    outcome = await run(kind, 20, 6, calls=20, per_second=6.0, limit=240.0, seed=3)
    assert outcome.victims.kills >= 2
    assert outcome.line.twice
    assert outcome.calls.talked
    assert outcome.faults() == []

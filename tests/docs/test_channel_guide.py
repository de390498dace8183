"""docs/plugins/channel.md does what it says, block by block, in a desk that was installed from a wheel. Timed."""

from __future__ import annotations

import os
import re
import subprocess
import time
from pathlib import Path

import pytest
from tests.wheels.building import ROOT, clean, environment, wheel

from polydesk.testing.fixtures import free_port

pytestmark = pytest.mark.skipif(
    "POLYDESK_TEST_DATABASE" in os.environ,
    reason="a wheel does not depend on the database: first round only",
)
GUIDE = ROOT / "docs" / "plugins" / "channel.md"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
FIVE_MINUTES = 300.0


@pytest.mark.timeout(400)
def test_the_guide_leads_to_a_message_that_goes_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bin = environment(tmp_path / "env", [wheel(ROOT, tmp_path)])
    work = tmp_path / "work"
    work.mkdir()
    script, promised = ["set -e", "set -m", "trap 'kill $(jobs -p) 2>/dev/null' EXIT"], list[str]()
    for kind, text in _BLOCK.findall(GUIDE.read_text()):
        if kind == "sh":
            script.append(f"echo '== {len(script)}' $SECONDS\n{text}")
        elif kind == "python":
            name = re.match(r"# (\S+\.py)\n", text)
            assert name is not None, "a Python block begins with the name of its file"
            (work / name[1]).write_text(text)
        elif kind == "text":
            promised += text.strip().splitlines()
    began = time.monotonic()
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)], env=clean(bin, POLYDESK_PORT=str(free_port())), cwd=work, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    spent = time.monotonic() - began
    log = work / "desk.log"
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:] + (log.read_text() if log.exists() else "")
    for line in promised:
        assert line in done.stdout, done.stdout
    with capsys.disabled():
        print(f"\nthe guide in {spent:.0f} s; {re.findall(r'round trip in .*', done.stdout)[0]}")
    assert spent < FIVE_MINUTES

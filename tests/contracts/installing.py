"""Put a plugin's package where Python finds it as installed, without the package index: for tests that make many."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass, field
from pathlib import Path

from polydesk import scaffold


@dataclass
class Ran:
    """What pytest said: the names of tests by outcome, and each failure's words."""

    passed: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def clauses(self) -> set[str]:
        """Those that failed: the word before the double underscore."""
        return {re.sub(r"^test_", "", name).partition("__")[0] for name in self.failed}


def made(folder: Path, kind: str, name: str = "lantern") -> Path:
    """`polydesk plugin new`, and a `dist-info` as pip would leave it."""
    scaffold.make(scaffold.Order(name=name, kind=kind), folder)
    about = folder / f"polydesk_{name}-0.1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: polydesk-{name}\nVersion: 0.1.0\n")
    (about / "entry_points.txt").write_text(f"[polydesk]\n{name} = polydesk_{name}.plugin\n")
    return folder


def contract(folder: Path, *arguments: str, **environment: str) -> Ran:
    """Run the package's own tests in a process of their own."""
    report = folder / "report.xml"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    path = os.pathsep.join(filter(None, [str(folder), kept.get("PYTHONPATH", "")]))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env={**kept, "PYTHONPATH": path, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), done.stdout + done.stderr
    ran = Ran()
    for test in ET.parse(report).iter("testcase"):
        name = test.attrib["name"]
        wrong = next((each for each in test if each.tag in ("failure", "error")), None)
        if wrong is not None:
            ran.failed[name] = f"{wrong.attrib.get('message', '')}\n{wrong.text or ''}"
        elif test.find("skipped") is not None:
            ran.skipped.append(name)
        else:
            ran.passed.append(name)
    assert ran.passed or ran.failed, done.stdout + done.stderr
    return ran

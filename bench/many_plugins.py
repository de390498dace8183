"""Any number of small plugins, installed where only the processes of the bench find them."""

from __future__ import annotations

from pathlib import Path

_MODULE = '''"""A plugin of the bench: it has a line in the menu, a slot, a job, a schedule and hears two events."""

from litestar import Router, get

from polydesk import PluginInfo, Text, hookimpl
from polydesk.types import JobKind, NavigationEntry, Schedule, Slot

PLUGIN = PluginInfo(label=Text("Bench {number:02}"), description=Text("Plugin {number} of the bench."))


@hookimpl
async def polydesk_check_reply(conversation, text):
    return []


@hookimpl
async def polydesk_queue_entered(conversation, queue):
    return None


async def _nothing(scope, context):
    return None


@hookimpl
def polydesk_slots():
    return [Slot(place="conversation.sidebar", template="none.html", load=_nothing)]


@hookimpl
def polydesk_navigation():
    return [NavigationEntry(label=Text("Bench {number:02}"), path="/p/bench_{number:02}/hello")]


@get("/hello")
async def hello() -> str:
    return "hello"


@hookimpl
def polydesk_routers():
    return [Router(path="/p/bench_{number:02}", route_handlers=[hello])]


async def _work(job):
    return None


@hookimpl
def polydesk_jobs():
    return [JobKind(name="bench_{number:02}.work", handler=_work)]
'''


def install_one(folder: Path, name: str, source: str) -> None:
    """One plugin whose module is this."""
    info = folder / f"polydesk_{name}-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: polydesk-{name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[polydesk]\n{name} = polydesk_{name}\n")
    (folder / f"polydesk_{name}.py").write_text(source)


def install(folder: Path, count: int) -> dict[str, str]:
    """Make `count` plugins; the environment in which a process finds them."""
    info = folder / "polydesk_bench_plugins-1.0.dist-info"
    info.mkdir(parents=True, exist_ok=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: polydesk-bench-plugins\nVersion: 1.0\n")
    numbers = range(1, count + 1)
    lines = "".join(f"bench_{number:02} = polydesk_bench_{number:02}\n" for number in numbers)
    (info / "entry_points.txt").write_text(f"[polydesk]\n{lines}")
    for number in numbers:
        words = _MODULE.replace("{number:02}", f"{number:02}").replace("{number}", str(number))
        (folder / f"polydesk_bench_{number:02}.py").write_text(words)
    return {"PYTHONPATH": str(folder)}

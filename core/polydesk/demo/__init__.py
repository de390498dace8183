"""A desk full of believable work, made through the same doors as real work: nothing in it is a special case.

A channel plugin that wants demo messages answers `polydesk_demo` with a step that calls `perform` with its `Letterbox`.
"""

from __future__ import annotations

from collections.abc import Callable

from polydesk import hooks, plugins
from polydesk.demo import post_office
from polydesk.demo.play import Letter, Letterbox, perform
from polydesk.demo.stage import Office, build, use
from polydesk.settings import Settings
from polydesk.staff import service as staff

__all__ = ["Letter", "Letterbox", "Office", "load", "perform"]


async def load(settings: Settings, say: Callable[[str], None], tell: Callable[[str], None]) -> None:
    """Fill an empty desk; `say` hears how far it is, `tell` how to sign in."""
    async with post_office.opened(settings, 0) as port:
        say("Clients, markets, people and queues …")
        stage = await build(port)
        use(stage)
        steps = sorted(plugins.collect(hooks.polydesk_demo), key=lambda pair: (pair[1].weight, pair[1].name))
        for _, step in steps:
            await step.load(say)
        post_office.remember(settings, port)
    token = await staff.new_link(stage.owner.id, "sign-in", 24.0)
    tell(f"\nOpen this once, without a password:\n  {settings.address}/sign-in/link/{token}")
    tell(f"\nOr sign in on {settings.address}/sign-in as")
    for who, email, password in stage.keys:
        tell(f"  {who:28} {email:32} {password}")

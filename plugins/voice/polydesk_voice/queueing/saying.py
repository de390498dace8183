"""What a queue does, in a sentence: what happens when nobody answers is never a surprise."""

from __future__ import annotations

from polydesk.i18n import _
from polydesk.queues import service as queues
from polydesk_voice.queueing.settings import QueueSettings


async def when_nobody_answers(settings: QueueSettings) -> str:
    """For the floor and the set-up."""
    if not settings.most_seconds:
        return _("They wait until somebody answers or they hang up.")
    minutes = _minutes(settings.most_seconds)
    match settings.then:
        case "queue" if settings.then_queue is not None:
            name = await queues.name_of(settings.then_queue)
            return _("After %(time)s they wait in %(queue)s.", time=minutes, queue=name)
        case "number" if settings.then_number:
            return _("After %(time)s they are put through to %(number)s.", time=minutes, number=settings.then_number)
        case "hang_up":
            return _("After %(time)s we say good-bye.", time=minutes)
    return _("After %(time)s they may leave a message.", time=minutes)


def _minutes(seconds: int) -> str:
    whole, rest = divmod(seconds, 60)
    if not whole:
        return _("%(count)s s", count=rest)
    return (
        _("%(count)s min", count=whole) if not rest else _("%(minutes)s min %(seconds)s s", minutes=whole, seconds=rest)
    )

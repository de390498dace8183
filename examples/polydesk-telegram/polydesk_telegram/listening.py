"""Long polling: ask for what is new, store it, and only then tell Telegram so by asking for what comes after."""

from __future__ import annotations

import msgspec

from polydesk import Door, PolydeskError, http
from polydesk.types import Arrival
from polydesk_telegram import api
from polydesk_telegram.api import BotApiFailure
from polydesk_telegram.webhook import name_of

# Without asking, Telegram tells nothing of reactions.
WANTED = ("message", "edited_message", "callback_query", "message_reaction", "my_chat_member")
_WAIT = 25


async def listen(door: Door) -> None:
    """Until cancelled; at once when the account waits for calls instead."""
    settings = door.account.settings
    if settings.way != "poll":
        return
    offset = (await door.cursor()).get("offset")
    try:
        # While a webhook is set, Telegram answers 409 to whoever asks.
        await api.call(settings, "deleteWebhook", drop_pending_updates=False)
        while True:
            updates = await api.call(
                settings, "getUpdates", offset=offset, timeout=_WAIT, allowed_updates=WANTED, seconds=_WAIT + 10.0
            )
            found = updates if isinstance(updates, list) else []
            numbers = [each["update_id"] for each in found if isinstance(each, dict) and "update_id" in each]
            if found:
                offset = max(numbers, default=0) + 1
                raws = [msgspec.json.encode(each) for each in found]
                arrivals = [Arrival(external_id=name_of(raw), raw=raw) for raw in raws]
                await door.accept(arrivals, {"offset": offset})
            await door.healthy()
    except (http.NotReached, http.NoAnswer, http.TooLarge) as error:
        raise PolydeskError(api.unreached(error)) from error
    except BotApiFailure as failure:
        raise PolydeskError(failure.description) from failure

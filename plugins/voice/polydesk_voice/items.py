"""What calls write into the timeline; every figure is computed from these, and nothing is ever changed afterwards.

All carry `call` (its id) in their data. Seconds are floats, moments ISO 8601 in UTC; the item's `occurred_at` is the
moment told of, its `person` the agent it is about.

| kind | when | further data |
|---|---|---|
| call.began | a call comes in or is made | direction, caller, called, account, list_entry (of a dialling list) |
| call.said | a key or words in the menu | digits, speech |
| call.queued | it begins to wait in a queue: "offered" | queue |
| call.rang | an agent's phone rings | queue, queued_at |
| call.unanswered | that agent did not answer, or declined | queue, declined |
| call.answered | an agent answers: "answered" | queue, queued_at, waited (incl. ringing) |
| call.blocked | it finds a queue full and goes elsewhere at once: not "offered" there | queue |
| call.left | it stops waiting without an answer | queue, queued_at, waited, why |
| call.held | put on hold, or taken back | on |
| call.transferred | moved on | to (words), way (blind, warm, conference), queue or person or number |
| call.talked | an agent's part is over | queue, talk, hold, began_at, transferred |
| call.wrapped_up | after-call work is over | queue, seconds, category, resolved (true, false or absent) |
| call.recorded | a recording is ours, or never will be | recording, seconds, missing (why) |
| call.ended | it is over | direction, outcome, seconds, by (contact, agent, desk, service), list_entry |

`why` of call.left: abandoned, callback, voicemail, overflow, diverted, closed. `outcome` of call.ended: answered,
abandoned (in the queue), left_menu (hung up before any queue), voicemail, callback, closed, refused, self_service,
busy, no_answer, failed, machine.
"""

from __future__ import annotations

from polydesk import N_, Text
from polydesk.types import ItemKind
from polydesk_voice import telling

BEGAN, SAID, QUEUED, RANG, UNANSWERED = "call.began", "call.said", "call.queued", "call.rang", "call.unanswered"
BLOCKED, ANSWERED, LEFT, HELD = "call.blocked", "call.answered", "call.left", "call.held"
TRANSFERRED = "call.transferred"
TALKED, WRAPPED_UP, RECORDED, ENDED = "call.talked", "call.wrapped_up", "call.recorded", "call.ended"


def kinds() -> list[ItemKind]:
    """As the timeline shows them."""
    return [
        ItemKind(name=name, label=label, icon=icon, tell=tell, answers=name == ANSWERED)
        for name, label, icon, tell in (
            (BEGAN, Text(N_("Call")), "phone", telling.began),
            (SAID, Text(N_("Answer in the menu")), "dialpad", telling.said),
            (QUEUED, Text(N_("Waits in a queue")), "hourglass", telling.queued),
            (BLOCKED, Text(N_("Queue full")), "phone-x", telling.blocked),
            (RANG, Text(N_("Phone rings")), "phone-ringing", telling.rang),
            (UNANSWERED, Text(N_("Not answered")), "phone-x", telling.unanswered),
            (ANSWERED, Text(N_("Answered")), "phone-call", telling.answered),
            (LEFT, Text(N_("Left the queue")), "phone-off", telling.left),
            (HELD, Text(N_("On hold")), "player-pause", telling.held),
            (TRANSFERRED, Text(N_("Transferred")), "arrows-right", telling.transferred),
            (TALKED, Text(N_("Talked")), "phone-call", telling.talked),
            (WRAPPED_UP, Text(N_("Wrap-up")), "checklist", telling.wrapped_up),
            (RECORDED, Text(N_("Recording")), "microphone", telling.recorded),
            (ENDED, Text(N_("Call ended")), "phone-off", telling.ended),
        )
    ]

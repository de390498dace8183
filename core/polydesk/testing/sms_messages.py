"""Messages at the make-believe gateway: of how many parts they are, how they are shown, and what becomes of them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from typing import Any

# The end of a number, and what happens: "refuse" at once, "fail" by a report, or how the reports come.
FATES: dict[str, tuple[str, int]] = {
    "21211": ("refuse", 21211),
    "21408": ("refuse", 21408),
    "21610": ("refuse", 21610),
    "21614": ("refuse", 21614),
    "30003": ("fail", 30003),
    "30004": ("fail", 30004),
    "30005": ("fail", 30005),
    "30006": ("fail", 30006),
    "30007": ("fail", 30007),
    "30008": ("fail", 30008),
    "30034": ("fail", 30034),
    "70001": ("unfinished", 0),
    "70002": ("disorder", 0),
    "70003": ("early", 0),
    "70004": ("twice", 0),
}
_GSM = re.compile(r"[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\\[~\]|€]*")
STOPPING = {"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"}


@dataclass
class Sent:
    """A message the desk handed over."""

    sid: str
    to: str
    sender: str
    body: str
    media: tuple[str, ...]
    callback: str
    created: datetime
    status: str = "accepted"
    error: int = 0

    def shown(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "sid": self.sid,
            "status": self.status,
            "direction": "outbound-api",
            "from": self.sender,
            "to": self.to,
            "body": self.body,
            "num_segments": str(segments(self.body)),
            "num_media": str(len(self.media)),
            "error_code": self.error or None,
            "error_message": None,
            "date_created": format_datetime(self.created),
            "date_sent": None,
        }


def segments(text: str) -> int:
    """Of how many parts a text is sent."""
    if _GSM.fullmatch(text):
        size = len(text) + sum(text.count(sign) for sign in "^{}\\[~]|€")
        return 1 if size <= 160 else -(-size // 153)
    size = len(text.encode("utf-16-le")) // 2
    return 1 if size <= 70 else -(-size // 67)

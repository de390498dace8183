"""The contract of a channel, as tests."""

from __future__ import annotations

from polydesk.testing.contract.channel_coming import Counting, Files, Words
from polydesk.testing.contract.channel_forgetting import Forgetting
from polydesk.testing.contract.channel_limits import Limits, Window
from polydesk.testing.contract.channel_place import SetUp, SwitchedOff
from polydesk.testing.contract.channel_reading import Reading
from polydesk.testing.contract.channel_sending import Sending
from polydesk.testing.contract.channel_signing import Signing


class ChannelContract(
    Reading, Counting, Signing, Files, Words, Sending, Limits, Window, SwitchedOff, SetUp, Forgetting
):
    """Subclass it as `TestMyChannel`, fill in what `ChannelAuthor` asks, and pytest runs every clause."""

"""The public names for plugin authors. What is not here, in `polydesk.types` or in `polydesk.testing` is not public."""

from polydesk.channel import Channel, Door
from polydesk.errors import (
    Invalid,
    NotFound,
    OutcomeUnknown,
    PolydeskError,
    Refused,
    TryLater,
    Unreadable,
)
from polydesk.fields import Choice, Field
from polydesk.hooks import hookimpl, only
from polydesk.i18n import N_
from polydesk.simulator import Simulator
from polydesk.strategy import Strategy
from polydesk.types import PluginInfo, Scope, Text

__all__ = [
    "N_",
    "Channel",
    "Choice",
    "Door",
    "Field",
    "Invalid",
    "NotFound",
    "OutcomeUnknown",
    "PluginInfo",
    "PolydeskError",
    "Refused",
    "Scope",
    "Simulator",
    "Strategy",
    "Text",
    "TryLater",
    "Unreadable",
    "hookimpl",
    "only",
]
__version__ = "0.1.0"

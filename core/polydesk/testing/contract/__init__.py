"""The contract kit: subclass a class, say what it asks, and pytest runs what Polydesk wants of your plugin.

    pytest_plugins = ["polydesk.testing.fixtures"]        # conftest.py, with asyncio_mode = "auto"

    class TestCarrier(ChannelContract):                   # or StrategyContract, ConnectorContract, SurveyContract
        plugin = "carrier"

See docs/plugins/contract.md: what each clause wants, and why.
"""

from polydesk.testing.contract.channel import ChannelContract
from polydesk.testing.contract.connector import ConnectorContract
from polydesk.testing.contract.plugin import PluginContract
from polydesk.testing.contract.shapes import Came, Knock, Mood, Received, Said, Sample
from polydesk.testing.contract.stage import Stage
from polydesk.testing.contract.strategy import StrategyContract, case
from polydesk.testing.contract.survey import SurveyContract
from polydesk.testing.contract.wanting import ContractBroken

__all__ = [
    "Came",
    "ChannelContract",
    "ConnectorContract",
    "ContractBroken",
    "Knock",
    "Mood",
    "PluginContract",
    "Received",
    "Said",
    "Sample",
    "Stage",
    "StrategyContract",
    "SurveyContract",
    "case",
]

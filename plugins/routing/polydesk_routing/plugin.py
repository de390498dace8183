"""The routing plugin: two strategies to begin with, language and load."""

from __future__ import annotations

from polydesk import N_, PluginInfo, Strategy, Text, hookimpl
from polydesk_routing.language import LanguageStrategy
from polydesk_routing.load import LoadStrategy

PLUGIN = PluginInfo(
    label=Text(N_("Routing")),
    description=Text(N_("Gives conversations to agents by language and by how much they have to do.")),
    requires=">=0.1,<1",
)


@hookimpl
def polydesk_strategies() -> list[Strategy]:
    return [LanguageStrategy(), LoadStrategy()]

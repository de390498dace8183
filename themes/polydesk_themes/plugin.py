"""The themes that come with Polydesk: the usual one, and one for eyes that need more contrast."""

from __future__ import annotations

from pathlib import Path

from polydesk import N_, PluginInfo, Text, hookimpl
from polydesk.types import Theme

HERE = Path(__file__).parent
PLUGIN = PluginInfo(
    label=Text(N_("Themes")),
    description=Text(N_("How the desk looks: the usual colours, and strong contrast.")),
    requires=">=0.1,<1",
)


@hookimpl
def polydesk_themes() -> list[Theme]:
    return [
        Theme(name="default", label=Text(N_("Polydesk")), folder=HERE / "default", based_on=""),
        Theme(name="contrast", label=Text(N_("Strong contrast")), folder=HERE / "contrast"),
    ]

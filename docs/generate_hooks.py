"""Write docs/plugins/hooks.md and goals.md from hooks.py: `python docs/generate_hooks.py`. A test compares them."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from polydesk import hooks
from polydesk.plugins.kinds import deprecation_of, kind_of, specifications

HERE = Path(__file__).parent
GOALS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    (
        "Bring messages in and out by a new way",
        "[channel.md](channel.md) walks through it, [channels.md](channels.md) is the reference.",
        ("channels", "simulators", "item_kinds"),
    ),
    (
        "Know more of a contact: orders, plans, who this is",
        "A connector. Nothing of it is stored; slow services are asked in a job and remembered in a table of yours.",
        ("enrich_contact", "contact_items", "match_contact", "thread_message"),
    ),
    (
        "Follow what happens, and act on it",
        "Events are told once they are committed, at least once: handle a repeat. Work that takes a moment is a job.",
        (
            "contact_created",
            "contact_updated",
            "contacts_merged",
            "conversation_opened",
            "message_received",
            "message_sent",
            "message_failed",
            "conversation_assigned",
            "conversation_solved",
            "conversation_reopened",
            "queue_entered",
            "queue_left",
            "presence_changed",
        ),
    ),
    (
        "Ask or answer before an agent does",
        "Prompts are shown by every channel in its own way: buttons, lists, numbers, keys, speech.",
        ("next_step", "has_questions"),
    ),
    (
        "Decide where work goes and who takes it",
        "Strategies filter and score; every verdict has its reason in words, and people read it.",
        ("choose_queue", "strategies", "engaged_agents"),
    ),
    ("Help or stop whoever is writing a reply", "", ("suggest_replies", "check_reply")),
    ("Ask contacts how it was", "", ("choose_survey", "question_kinds", "survey_sent", "survey_answered")),
    ("Count something", "Figures are computed from the timeline.", ("metrics",)),
    (
        "Add to the screens",
        "[screens.md](screens.md): fragments in ours, pages of your own, forms, words. [themes.md](themes.md): looks.",
        ("slots", "navigation", "routers", "permissions", "themes"),
    ),
    (
        "Be set up by admins, differently for each client and market",
        "[settings.md](settings.md): declare them once. Market packs carry what else you let people set up.",
        ("settings", "pack_parts"),
    ),
    ("Work later, or again and again", "Jobs are rows, enqueued in your transaction.", ("jobs", "schedules")),
    ("Respect people's rights to their data", "Asked where the plugin is switched off, too.", ("personal_data",)),
    ("Be tried out, and run from the command line", "", ("demo", "commands")),
)


def page() -> str:
    """The whole page, in the order and sections of hooks.py."""
    source = Path(hooks.__file__).read_text()
    lines = ["# Hooks", "", inspect.getdoc(hooks) or "", ""]
    found = specifications()
    for line in source.splitlines():
        if section := re.match(r"# --- (\w+) -+", line):
            lines += [f"## {section[1].capitalize()}", ""]
        if name := re.match(r"(?:async )?def (polydesk_\w+)", line):
            spec = found[name[1]]
            signature = str(inspect.signature(spec)).replace("'", "")
            lines += [
                f"### `{name[1]}`",
                "",
                f"*{kind_of(spec)}*: `{signature}`",
                "",
                inspect.getdoc(spec) or "",
                "",
            ]
            if going := deprecation_of(spec):
                lines += [f"**Deprecated** since {going.since}, gone in {going.until}: use {going.instead}.", ""]
    return "\n".join(lines)


def goals() -> str:
    """Every hook under what its implementer wants."""
    lines = [
        "# What do you want to do?", "",
        "Every hook, by what it is for; [hooks.md](hooks.md) has them whole, in the order of `hooks.py`.", "",
    ]  # fmt: skip
    found = specifications()
    for goal, words, names in GOALS:
        lines += [f"## {goal}", "", *([words, ""] if words else [])]
        for name in (f"polydesk_{each}" for each in names):
            first = (inspect.getdoc(found[name]) or "").split("\n\n")[0].replace("\n", " ")
            lines.append(f"- [`{name}`](hooks.md#{name}) ({kind_of(found[name])}): {first}")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    (HERE / "plugins" / "hooks.md").write_text(page())
    (HERE / "plugins" / "goals.md").write_text(goals())

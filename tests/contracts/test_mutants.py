"""A channel that keeps the contract, and mutants of it that each break one clause: the kit tells them apart."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from .installing import contract, made


class Mutant(NamedTuple):
    """Which clause it breaks, in which file, and what stands there instead of what."""

    clause: str
    what: str
    file: str
    sound: str
    broken: str


# The sound one claims a window, so that there is one to break.
WINDOW = ("channel.py", "reply_window=0", "reply_window=86_400")
MUTANTS = (
    Mutant("reading", "falls over bytes that are no JSON", "parse.py",
           "piece = untrusted.json(arrival.raw, _Piece)", "piece = msgspec.json.decode(arrival.raw, type=_Piece)"),
    Mutant("reading", "reads the same bytes another way each time", "parse.py",
           "external_id=written.id,", "external_id=f'{written.id}{datetime.now()}',"),
    Mutant("counting", "names each delivery anew", "webhook.py",
           'yield f"{kind[0]}:{named}", raw', 'import secrets; yield secrets.token_hex(4), raw'),
    Mutant("signing", "believes who sends no signature", "webhook.py",
           "    if not mine:",
           "    mine = mine if given else {each.address: each for each in accounts}\n    if not mine:"),
    Mutant("signing", "believes an empty key", "webhook.py",
           "if each.settings.secret in known}", "if each.settings.secret in known or not each.settings.secret}"),
    Mutant("files", "loses files that come in", "parse.py",
           "attachments=tuple(_attached(each) for each in written.files),", ""),
    Mutant("files", "sends names without their files", "sending.py",
           '"data": base64.b64encode(each.data).decode()}', '"data": ""}'),
    Mutant("words", "writes in one alphabet only", "sending.py",
           '"text": outgoing.text,', '"text": outgoing.text.encode("latin-1", "replace").decode("latin-1"),'),
    Mutant("words", "cuts what it promised to send", "sending.py",
           '"text": outgoing.text,', '"text": outgoing.text[:3000],'),
    Mutant("choices", "tells the label instead of the value", "parse.py",
           "choice=written.choice,", "choice=written.text if written.choice else '',"),
    Mutant("delivering", "takes read for sent", "parse.py", '"read": "read"', '"read": "sent"'),
    Mutant("limits", "does not wait as long as it was asked to", "sending.py",
           "after=_seconds(answer.headers.get(\"retry-after\", \"\")))", "after=0.0)"),
    Mutant("limits", "swallows the service's words", "sending.py",
           'raise Refused(str(said.get("error") or f"HTTP {answer.status}"))', 'raise Refused("It did not work.")'),
    Mutant("unknown", "sends again without a word when an answer was lost", "sending.py",
           "raise OutcomeUnknown(_UNSURE) from error", "raise TryLater(_UNSURE) from error"),
    Mutant("window", "forgets when the contact wrote", "parse.py",
           "sent_at=written.at if written.at is not None and written.at.tzinfo else None,", ""),
    Mutant("settings", "shows its secrets", "settings.py",
           'help=Text(N_("Signs in when we send.")), input="secret",', 'help=Text(N_("Signs in when we send.")),'),
    Mutant("translations", "forgot a translation", "locale/fr/LC_MESSAGES/polydesk_lantern.po",
           'msgid "Callback URL"', 'msgid "Callback address"'),
)  # fmt: skip


def mutated(folder: Path, *changes: tuple[str, str, str]) -> Path:
    """A channel as it is made, with these changes."""
    package = made(folder, "channel") / "polydesk_lantern"
    for name, before, after in changes:
        text = (package / name).read_text()
        assert text.count(before) >= 1, f"{before!r} is not in {name} any more"
        (package / name).write_text(text.replace(before, after))
    return folder


def test_the_sound_one_keeps_every_clause(tmp_path: Path) -> None:
    if "POLYDESK_TEST_DATABASE" in os.environ:
        pytest.skip("the scaffold's own test runs the same kit")
    ran = contract(mutated(tmp_path / "lantern", WINDOW))
    assert ran.failed == {}
    assert {mutant.clause for mutant in MUTANTS} <= {name[5:].partition("__")[0] for name in ran.passed}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.clause}: {mutant.what}")
def test_a_mutant_fails_in_the_clause_it_breaks(tmp_path: Path, mutant: Mutant) -> None:
    if "POLYDESK_TEST_DATABASE" in os.environ:
        pytest.skip("the kit itself runs on both databases; which mutant fails does not depend on them")
    folder = mutated(tmp_path / "lantern", WINDOW, (mutant.file, mutant.sound, mutant.broken))
    ran = contract(folder, "-k", f"test_{mutant.clause}__")
    assert ran.clauses == {mutant.clause}
    said = "\n".join(ran.failed.values())
    # The author reads what is wanted, why, and where to read on.
    assert "The contract wants: " in said
    assert "Because: " in said
    assert f"docs/plugins/contract.md#{mutant.clause}" in said

"""Packs as files from people one does not know: folders, zips and YAML."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.board import Board

from polydesk import Invalid
from polydesk.packs import carrying, yaml_text

from .packing import files_of, furnished


def _zip(**entries: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def _link() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo("pack.yaml")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return out.getvalue()


@pytest.mark.parametrize(
    "raw",
    [
        b"not a zip",
        _zip(**{"pack.yaml": b"x" * 40_000_000}),
        _zip(**{"../../etc/cron.d/x": b"x"}),
        _zip(**{"/etc/passwd": b"x"}),
        _zip(**{"a\\..\\b.yaml": b"x"}),
        _zip(**{f"a/{number}.yaml": b"x" for number in range(4000)}),
        _link(),
        _zip(**{"pack.yaml": b"x"})[:-30],
    ],
    ids=["no zip", "bomb", "out", "absolute", "backslash", "many", "link", "cut"],
)
def test_a_hostile_zip_is_refused(raw: bytes) -> None:
    with pytest.raises(Invalid):
        carrying.unzipped(raw)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]",
        "a: !!python/object/apply:os.system [ls]",
        "a: !!binary aGk=",
        "[" * 5000,
        "{a: " * 5000,
        "- x\n" * 100_000,
        "? [a, b]\n: c",
        "a: b\n--- \nc: d",
        "\x00",
        "a: \ud800".encode("utf-8", "surrogatepass").decode("latin-1") + "\x07",
    ],
)
def test_hostile_yaml_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        yaml_text.load(text)


_ODD = ["no", "on", "yes", "12:30", "2026-12-24", "1e3", "0x1f", "~", "<<", "=", "null", "NaN", "010"]
_VALUES = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(10**15), 10**15)
    | some.floats(0.5, 1e6, width=32)
    | some.text(some.characters(exclude_categories=["Cs"]), max_size=40)
    | some.sampled_from(_ODD),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text("abc .:#-é", max_size=8), inner),
    max_leaves=12,
)


# Of some seeds hypothesis says that what recurses does not.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@given(_VALUES)
def test_whatever_is_written_reads_the_same(values: Any) -> None:
    assert yaml_text.load(yaml_text.dump({"key": "x", "values": values})) == {"key": "x", "values": values}


def test_people_write_what_they_mean() -> None:
    read = yaml_text.load("country: NO\nlanguages: [no, on, yes]\nopens: 09:30\nday: 2026-12-24\nnumber: 7\nopen: true")
    assert read == {
        "country": "NO",
        "languages": ["no", "on", "yes"],
        "opens": "09:30",
        "day": "2026-12-24",
        "number": 7,
        "open": True,
    }


async def test_a_pack_travels_as_a_zip_made_anywhere(board: Board) -> None:
    client, _market = await furnished(board)
    written = {path: raw.decode() for path, raw in (await files_of(board, client)).items()}
    assert carrying.zipped(written) == carrying.zipped(written)
    assert carrying.unzipped(carrying.zipped(written)) == {path: text.encode() for path, text in written.items()}
    folder = {f"my pack/{path}": text for path, text in written.items()} | {
        "__MACOSX/x": "noise",
        "my pack/.DS_Store": "",
    }
    assert set(carrying.unzipped(carrying.zipped(folder))) == set(written)


def test_a_folder_is_overwritten_only_when_it_holds_a_pack(tmp_path: Path) -> None:
    carrying.into_folder({"pack.yaml": "a", "core.queues/x.yaml": "b"}, tmp_path / "pack")
    carrying.into_folder({"pack.yaml": "c"}, tmp_path / "pack")
    assert carrying.from_folder(tmp_path / "pack") == {"pack.yaml": b"c"}
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(Invalid):
        carrying.into_folder({"pack.yaml": "a"}, tmp_path / "mine")
    (tmp_path / "pack" / "link.yaml").symlink_to("/etc/hostname")
    with pytest.raises(Invalid, match="Links"):
        carrying.from_folder(tmp_path / "pack")

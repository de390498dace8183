"""Packs as folders on a disk and as zip files, from people one does not know."""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from polydesk.errors import Invalid
from polydesk.i18n import _
from polydesk.packs.files import HEAD, LARGEST_FILE, LARGEST_PACK, MOST_FILES

_NOISE = ("__MACOSX", ".DS_Store", ".git", "README.md", "Thumbs.db")


def zipped(files: Mapping[str, str]) -> bytes:
    """A zip file; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in files.items():
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def unzipped(raw: bytes) -> dict[str, bytes]:
    """The files of a zip, read no further than a pack can be large. `Invalid` names what is wrong."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _without_folder(_members(archive))
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, UnicodeDecodeError):
        raise Invalid({"file": _("This is not a zip file that can be read.")}) from None


def _members(archive: zipfile.ZipFile) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    total = 0
    if len(archive.infolist()) > MOST_FILES:
        raise Invalid({"file": _("There are too many files in it.")})
    for member in archive.infolist():
        if member.is_dir() or _is_noise(member.filename):
            continue
        _check_path(member.filename)
        if stat.S_ISLNK(member.external_attr >> 16) or member.filename in found:
            raise Invalid({member.filename: _("Links and files that are there twice are not allowed.")})
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            # The others are unpacked whole before anything can be counted.
            raise Invalid({member.filename: _("This is not a zip file that can be read.")})
        with archive.open(member) as file:
            # What the archive says of its sizes is not believed.
            data = file.read(LARGEST_FILE + 1)
        total += len(data)
        if len(data) > LARGEST_FILE or total > LARGEST_PACK:
            raise Invalid({member.filename: _("This file is too large.")})
        found[member.filename] = data
    return found


def _check_path(name: str) -> None:
    path = PurePosixPath(name)
    plain = all(" " <= letter != "\x7f" for letter in name) and "\\" not in name and ":" not in name
    if path.is_absolute() or ".." in path.parts or not plain or len(name) > 300:
        raise Invalid({name[:300]: _("This path leads out of the pack.")})


def _without_folder(files: dict[str, bytes]) -> dict[str, bytes]:
    """Programs that make zip files like to put everything into one folder."""
    tops = {path.partition("/")[0] for path in files}
    if HEAD in files or len(tops) != 1:
        return files
    return {path.partition("/")[2]: data for path, data in files.items()}


def from_folder(folder: Path) -> dict[str, bytes]:
    """The files of a folder; links are not followed."""
    if not folder.is_dir():
        raise Invalid({str(folder): _("There is no such folder.")})
    found: dict[str, bytes] = {}
    total = 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if _is_noise(name) or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink() or not path.is_file():
            raise Invalid({name: _("Links and files that are there twice are not allowed.")})
        total += path.stat().st_size
        if path.stat().st_size > LARGEST_FILE or total > LARGEST_PACK or len(found) >= MOST_FILES:
            raise Invalid({name: _("This file is too large.")})
        found[name] = path.read_bytes()
    return found


def into_folder(files: Mapping[str, str], folder: Path) -> None:
    """Write a pack; of an earlier one in the same folder nothing stays. Other folders are not touched."""
    if folder.exists() and any(folder.iterdir()) and not (folder / HEAD).is_file():
        raise Invalid({str(folder): _("This folder holds something else: choose an empty one.")})
    before = set(from_folder(folder)) if folder.exists() else set()
    for name in before - set(files):
        if name.endswith(".yaml"):
            (folder / name).unlink()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _is_noise(name: str) -> bool:
    return any(part in _NOISE for part in PurePosixPath(name).parts)

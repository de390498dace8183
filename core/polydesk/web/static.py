"""Our own files from memory, under addresses that change with their content and may so be kept for ever."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

CORE = Path(__file__).parents[1] / "static"
STYLES = ("reset", "tokens", "base", "components", "shell", "inbox", "conversation", "admin", "utilities")
YEAR = "public, max-age=31536000, immutable"
COMPRESSIBLE = (".css", ".js", ".svg", ".json", ".webmanifest")


class StaticFile(msgspec.Struct, frozen=True):
    """One file, ready to send."""

    body: bytes
    packed: bytes
    media_type: str


class Files:
    """Core's files, each plugin's under `p/<name>/`, each theme's under `t/<name>/`; one hash names the lot.

    `themes` maps a name to the folders of the theme and of those it is based on, the most special first.
    """

    def __init__(self, plugins: Mapping[str, Path], themes: Mapping[str, Sequence[Path]]) -> None:
        found: dict[str, bytes] = {}
        layers = [(folder / "static", f"t/{name}/") for name, all_ in themes.items() for folder in reversed(all_)]
        for folder, prefix in ((CORE, ""), *((path, f"p/{name}/") for name, path in plugins.items()), *layers):
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                if path.is_file() and path.suffix not in (".md", ".LICENSE"):
                    found[prefix + path.relative_to(folder).as_posix()] = path.read_bytes()
        sheets = [found.pop(f"css/{name}.css", b"") for name in STYLES]
        found["app.css"] = b"\n".join(sheets)
        for name, all_ in themes.items():
            own = [folder / "theme.css" for folder in reversed(all_)]
            found[f"t/{name}/app.css"] = b"\n".join([*sheets, *(path.read_bytes() for path in own if path.exists())])
        digest = hashlib.sha256()
        for name, body in sorted(found.items()):
            digest.update(name.encode() + b"\0" + body)
        self.version = digest.hexdigest()[:12]
        self.files = {name: _file(name, body) for name, body in found.items()}

    def url(self, name: str, theme: str = "") -> str:
        """The address of a file for templates, the theme's own if it has one; an unknown name is a mistake."""
        if theme and f"t/{theme}/{name}" in self.files:
            name = f"t/{theme}/{name}"
        if name not in self.files:
            raise LookupError(f"there is no static file {name!r}")
        return f"/static/{self.version}/{name}"

    def router(self) -> Router:
        """Serves them."""

        @get("/{version:str}/{name:path}", opt={"no_session": True}, include_in_schema=False)
        async def static_file(
            request: Request[Any, Any, Any], version: FromPath[str], name: FromPath[Path]
        ) -> Response[bytes]:
            file = self.files.get(name.as_posix().lstrip("/"))
            if file is None:
                raise NotFoundException()
            headers = {"Cache-Control": YEAR if version == self.version else "no-cache", "Vary": "Accept-Encoding"}
            body = file.body
            if file.packed and "gzip" in request.headers.get("accept-encoding", ""):
                body, headers["Content-Encoding"] = file.packed, "gzip"
            return Response(body, media_type=file.media_type, headers=headers)

        return Router("/static", route_handlers=[static_file])


def _file(name: str, body: bytes) -> StaticFile:
    media_type = mimetypes.guess_type(name)[0] or "application/octet-stream"
    if name.endswith(".js"):
        media_type = "text/javascript"
    if media_type.startswith("text/"):
        media_type += "; charset=utf-8"
    packed = gzip.compress(body, 9, mtime=0) if name.endswith(COMPRESSIBLE) and len(body) > 600 else b""
    return StaticFile(body, packed, media_type)

"""Every setting of an installation, read once from environment variables named POLYDESK_<FIELD>."""

from __future__ import annotations

import difflib
import math
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from polydesk.errors import SettingsError

PREFIX = "POLYDESK_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """`database_url` "" is SQLite in `data_dir`; `redis_url` "" is one process that carries its own jobs.

    `synchronous` is SQLite's: "full" survives a power cut, "normal" may lose the last moments then (never on a crash).
    `old_secret_keys` (with spaces between) still open what they sealed, until `polydesk rotate-key` has sealed it anew.
    `safe_mode` starts with the core alone. `lease` is how many seconds a job's worker may be silent before another one
    takes over.
    """

    data_dir: Path = Path("data")
    database_url: str = ""
    redis_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str = ""
    secret_key: str = ""
    old_secret_keys: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    synchronous: Literal["full", "normal"] = "full"
    lease: float = 30.0
    concurrency: int = 10
    pool: int = 12
    safe_mode: bool = False

    @property
    def dialect(self) -> Literal["sqlite", "postgres"]:
        """Which of the two databases this installation uses."""
        return "postgres" if self.database_url.startswith("postgres") else "sqlite"

    @property
    def sqlite_path(self) -> Path:
        """The database file, when the database is SQLite."""
        given = self.database_url.removeprefix("sqlite://")
        return Path(given) if given else self.data_dir / "polydesk.sqlite3"

    @property
    def embedded(self) -> bool:
        """One process does everything, and must be the only one on its data directory."""
        return not self.redis_url

    @property
    def address(self) -> str:
        """Where people reach the desk, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        shown = {"0.0.0.0": "localhost", "[::]": "localhost"}.get(host, host)  # noqa: S104 an address to show, not to bind
        return self.base_url.rstrip("/") or f"http://{shown}:{self.port}"


def load(env: Mapping[str, str]) -> Settings:
    """Read `env`; a value that cannot be used raises SettingsError naming the variable and what it should be."""
    given: dict[str, Any] = {}
    for variable, text in env.items():
        if not variable.startswith(PREFIX) or variable.startswith(f"{PREFIX}TEST_"):
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name in Settings.__struct_fields__:
            given[name] = text.strip()
        elif close := difflib.get_close_matches(name, Settings.__struct_fields__, 1, 0.7):
            raise SettingsError(f"{variable} is not a setting; did you mean {PREFIX}{close[0].upper()}?")
    for name in Settings.__struct_fields__:
        if name in given:
            given[name] = _convert(name, given[name])
    settings = Settings(**given)
    _check(settings)
    return settings


def _convert(name: str, text: str) -> Any:
    kind = Settings.__annotations__[name]
    if kind == "Path":
        return Path(text).expanduser()
    try:
        return msgspec.convert(
            text, next(f.type for f in msgspec.structs.fields(Settings) if f.name == name), strict=False
        )
    except msgspec.ValidationError as error:
        reason = str(error).split(" - at")[0]
        raise SettingsError(f"{PREFIX}{name.upper()} cannot be used: {reason}, but it is {text!r}.") from None


def _check(settings: Settings) -> None:
    schemes = {
        "database_url": ("postgres", "postgresql", "sqlite"),
        "redis_url": ("redis", "rediss", "unix"),
        "base_url": ("http", "https"),
    }
    for name, allowed in schemes.items():
        value = getattr(settings, name)
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError as error:
            raise SettingsError(f"{PREFIX}{name.upper()} is not an address: {error}.") from None
        if value and parts.scheme not in allowed:
            expected = " or ".join(f"{scheme}://" for scheme in allowed)
            raise SettingsError(f"{PREFIX}{name.upper()} must begin with {expected}.")
    if not 0 <= settings.port <= 65535:
        raise SettingsError(f"{PREFIX}PORT must be between 0 and 65535, but it is {settings.port}.")
    if settings.old_secret_keys and not settings.secret_key:
        raise SettingsError(f"{PREFIX}OLD_SECRET_KEYS goes with {PREFIX}SECRET_KEY, which is not set.")
    if settings.secret_key and len(settings.secret_key) < 32:
        raise SettingsError(f"{PREFIX}SECRET_KEY is too short: give at least 32 random characters.")
    for name in ("lease", "concurrency", "pool"):
        if not 0 < getattr(settings, name) < math.inf:
            raise SettingsError(f"{PREFIX}{name.upper()} must be a number of more than 0.")


def keys(settings: Settings) -> list[str]:
    """The secrets everything else is derived from, the newest first: the setting and the old ones, or those kept in the
    data directory, where one is made if there is none."""
    if settings.secret_key:
        return [settings.secret_key, *settings.old_secret_keys.split()]
    path = settings.data_dir / "secret.key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write_key(path, [secrets.token_urlsafe(48)], anew=True)
    return [*path.read_text().split(), *settings.old_secret_keys.split()]


def new_key(settings: Settings) -> None:
    """Put a new key before those in the data directory; `SettingsError` when the key is an environment variable's."""
    if settings.secret_key:
        raise SettingsError(
            f"The key is {PREFIX}SECRET_KEY: start every process with a new one there and the old one in "
            f"{PREFIX}OLD_SECRET_KEYS, run this again, then take the old one away."
        )
    _write_key(settings.data_dir / "secret.key", [secrets.token_urlsafe(48), *keys(settings)], anew=False)


def forget_old_keys(settings: Settings) -> None:
    """Keep the newest key in the data directory only."""
    if not settings.secret_key:
        _write_key(settings.data_dir / "secret.key", keys(settings)[:1], anew=False)


def _write_key(path: Path, found: list[str], *, anew: bool) -> None:
    """Written aside and put into place: two processes starting at once must agree on one key."""
    draft = path.with_name(f"secret.key.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write("\n".join(found))
        file.flush()
        os.fsync(file.fileno())
    if not anew:
        draft.replace(path)
        return
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


_current: Settings | None = None


def use(settings: Settings) -> None:
    """Make `settings` the ones of this process."""
    global _current  # noqa: PLW0603 one installation per process
    _current = settings


def current() -> Settings:
    """The settings of this process, set when the desk opened."""
    if _current is None:
        raise SettingsError("The desk is not open, so it has no settings yet.")
    return _current

"""The plugin's tables."""

from __future__ import annotations

from pathlib import Path

from piccolo.conf.apps import AppConfig, table_finder

APP_CONFIG = AppConfig(
    app_name="voice",
    migrations_folder_path=Path(__file__).parent / "migrations",
    table_classes=table_finder(modules=["polydesk_voice.tables"], exclude_imported=True),
)

"""Telegram bots as a channel of Polydesk."""

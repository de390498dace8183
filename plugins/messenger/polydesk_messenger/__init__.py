"""Messenger and Instagram for Polydesk."""

"""Menus for Polydesk."""

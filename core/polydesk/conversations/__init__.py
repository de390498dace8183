"""Matters between a contact and the desk, from first message to solved."""

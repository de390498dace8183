"""Dialling lists: people to be called, at hours and at a pace."""

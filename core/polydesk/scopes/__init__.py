"""Clients and markets, and which plugin is on where."""

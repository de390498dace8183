"""Routing strategies: who had better take a conversation."""

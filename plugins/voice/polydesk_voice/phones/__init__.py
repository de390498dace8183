"""Agents: where they answer and what they are doing."""

"""Rehearse a new version on a copy of the database: what it would change, and what would break."""

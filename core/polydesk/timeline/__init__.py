"""The spine: one append-only table of everything that happened, read by agents and by every metric."""

"""How fast a service lets us speak: one table of buckets, shared by every process."""

from polydesk.pacing.service import hold, reserve

__all__ = ["hold", "reserve"]

"""What runs later. Rows are the truth: nothing committed is lost, and a handler's database work happens once."""

from polydesk.jobs.asking import enqueue, plant_schedules
from polydesk.jobs.job import PLUGIN_IS_OFF, Again, Job, Stale
from polydesk.jobs.kinds import forget, forget_plugins, known, register, schedule
from polydesk.jobs.listing import Listed, State, counts, listing, retry
from polydesk.jobs.runner import run, run_due
from polydesk.types import JobKind, Schedule

__all__ = [
    "PLUGIN_IS_OFF",
    "Again",
    "Job",
    "JobKind",
    "Listed",
    "Schedule",
    "Stale",
    "State",
    "counts",
    "enqueue",
    "forget",
    "forget_plugins",
    "known",
    "listing",
    "plant_schedules",
    "register",
    "retry",
    "run",
    "run_due",
    "schedule",
]

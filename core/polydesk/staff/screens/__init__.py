"""Coming in, one's own profile, and colleagues."""

from polydesk.staff.screens import entering, people, profile

HANDLERS = [*entering.HANDLERS, *profile.HANDLERS, *people.HANDLERS]

"""`polydesk plugin new`: packages to begin with, one for each kind of plugin."""

from polydesk.scaffold.making import KINDS, Order, files, make

__all__ = ["KINDS", "Order", "files", "make"]

"""The other side of the telephone: make-believe exchanges, with people and their phones on them."""

from polydesk.testing.telephone.exchange import Behaviour, Exchange, Line

__all__ = ["Behaviour", "Exchange", "Line"]

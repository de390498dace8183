"""The inbox and the conversation."""

from polydesk.conversations.screens import attachments, changes, composing, inbox, signing

HANDLERS = [*inbox.HANDLERS, *changes.HANDLERS, *composing.HANDLERS, *attachments.HANDLERS, *signing.HANDLERS]

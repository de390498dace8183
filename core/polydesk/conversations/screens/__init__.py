"""The inbox and the conversation."""

from polydesk.conversations.screens import attachments, changes, composing, inbox

HANDLERS = [*inbox.HANDLERS, *changes.HANDLERS, *composing.HANDLERS, *attachments.HANDLERS]

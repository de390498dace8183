"""Who writes and calls: contacts, the handles that reach them, and how a sender becomes a contact."""

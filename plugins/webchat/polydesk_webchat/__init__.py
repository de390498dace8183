"""Web chat for Polydesk."""

"""SMS for Polydesk."""

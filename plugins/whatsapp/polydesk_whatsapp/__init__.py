"""WhatsApp for Polydesk."""

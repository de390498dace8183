"""How queues treat calls."""

"""What clients in the sandbox would have sent: kept here instead of leaving the house."""

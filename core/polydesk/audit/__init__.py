"""Who changed what in the set-up, and what was taken back."""

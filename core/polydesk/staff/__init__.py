"""People who sign in: who they are, what they may do, and whether they are ready for work."""

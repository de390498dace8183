"""Where conversations wait, and how one is given to an agent exactly once."""

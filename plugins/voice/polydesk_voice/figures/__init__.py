"""What the figures say, computed from the timeline."""

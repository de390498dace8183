"""What the desk reaches on this machine, each figure beside the floor measured in the same run."""

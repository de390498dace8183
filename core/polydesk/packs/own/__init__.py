"""The parts of core itself."""

"""What tests of Polydesk and of its plugins use: fixtures, and real servers to talk to."""

"""The fixtures of `polydesk.testing`, for every test of this repository."""

pytest_plugins = ["polydesk.testing.fixtures"]

"""A fresh desk for each test: on SQLite, or with POLYDESK_TEST_DATABASE=postgres on Postgres."""

pytest_plugins = ["polydesk.testing.fixtures"]

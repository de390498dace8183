"""How much of one mail is looked at. A mail over a limit is still a message, and says what was left aside."""

MAX_RAW = 64 * 1024 * 1024
"""Bytes of one mail that are parsed; the core keeps all of them."""
MAX_HEADER_BYTES = 4 * 1024 * 1024
MAX_FIELDS = 50_000
MAX_VALUE = 256 * 1024
"""Bytes of one header field; To with thousands of people needs about as much."""
MAX_PARTS = 200
MAX_DEPTH = 20
MAX_RECIPIENTS = 100
MAX_REFERENCES = 40
MAX_ID = 500
MAX_TEXT = 500_000
"""Characters of text, and of HTML, that are made part of the message."""
MAX_ADDRESS = 254
MAX_NAME = 120
MAX_SUBJECT = 500
MAX_FILE_NAME = 150
QUOTE_SCAN = 100_000
"""Characters in which repeated history is looked for."""

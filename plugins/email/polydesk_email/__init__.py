"""Mail as a channel: IMAP in, SMTP out, and a parser that makes a message of whatever the world sends."""

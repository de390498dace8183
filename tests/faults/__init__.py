"""Kill a running desk at random while mail comes in and replies go out, and count every message."""

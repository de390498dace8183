"""The telephone: calls as conversations, over any provider."""

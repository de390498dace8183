"""The durable door in: bytes are stored first, understood later, and counted once."""

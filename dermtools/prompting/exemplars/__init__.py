"""Which cases a prompt shows, and how."""

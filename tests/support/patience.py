"""How long a test waits for what another process does."""

SAFETY_NET = 1200
"""Seconds after which a process counts as hanging. Says nothing about speed: a busy machine may be slow."""

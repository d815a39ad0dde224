"""What is wrong, or could be better, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing to do something about."""

    what: str
    """What is wrong, where."""
    remedy: str
    """What to do, a command where there is one."""
    serious: bool = True
    """Whether something does not work; else it only could be better."""

"""Limits that an operator may set."""

from __future__ import annotations

import pytest

from dermtools.errors import DermtoolsError
from dermtools.mcp import ServerLimits


@pytest.mark.parametrize("name", ["calls", "client_calls", "sessions", "session_minutes", "megabytes"])
@pytest.mark.parametrize("value", [0, -1, float("nan")])
def test_a_limit_of_nothing_is_refused(name: str, value: float) -> None:
    with pytest.raises(DermtoolsError, match=f"^{name} must be more than 0"):
        ServerLimits(**{name: value})


def test_there_is_room_for_one_client_at_an_address() -> None:
    assert ServerLimits(calls=1).address_calls == 1

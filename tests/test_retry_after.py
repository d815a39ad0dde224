"""How long a service asks to wait, in whatever form it says so."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.retry_after import retry_after


@given(st.text(max_size=40) | st.integers().map(str) | st.floats().map(str), st.none() | st.floats().map(str))
@settings(max_examples=100, deadline=None)
def test_any_value_is_a_wait_or_none(said: str, milliseconds: str | None) -> None:
    headers = {"retry-after": said} | ({"retry-after-ms": milliseconds} if milliseconds is not None else {})
    seconds = retry_after(headers)
    assert seconds is None or 0 <= seconds <= 1e9


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "2", "retry-after-ms": "1250"}, 1.25),
        ({"retry-after": formatdate(0, usegmt=True)}, 0),
    ],
)
def test_numbers_milliseconds_and_dates_are_read(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_a_date_is_so_many_seconds_from_now() -> None:
    seconds = retry_after({"retry-after": formatdate(time.time() + 3600, usegmt=True)})
    assert seconds is not None
    assert 3000 < seconds <= 3600

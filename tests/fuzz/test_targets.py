"""Every fuzzing target works, and holds for the inputs that it starts from and a few others."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_nothing_but_a_value_or_one_line_comes_out(name: str, data: st.DataObject) -> None:
    target = TARGETS[name]
    target.holds(data.draw(target.inputs()))

"""Cases and groups by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.errors import QueryError
from dermtools.retrieval.editing.choice import chosen
from tests.support.stored_cases import new_store


def test_groups_bring_all_their_cases_and_a_slip_the_nearest_name(tmp_path: Path) -> None:
    columns = new_store(tmp_path / "base", 6).columns()
    assert chosen(columns, ["case0"], ["group1", "group2"]) == {"case0", "case2", "case3", "case4", "case5"}
    with pytest.raises(QueryError, match=r"no case 'case11' .* did you mean case1\?"):
        chosen(columns, ["case11"], [])
    with pytest.raises(QueryError, match=r"no group 'group11' .* did you mean group1\?"):
        chosen(columns, [], ["group11"])
    with pytest.raises(QueryError, match="a list of ids, not one text"):
        chosen(columns, "case0", [])

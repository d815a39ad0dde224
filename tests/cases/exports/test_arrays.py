"""Arrays for scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest

from dermtools.cases.columns import CaseColumns
from dermtools.cases.exports.arrays import MultiLabel, arrays
from dermtools.errors import QueryError
from tests.support.stored_cases import TASKS, new_store, stored

LABELS = ("arm", "face", "hand")
VECTORS = np.arange(8, dtype=np.float32).reshape(4, 2)
TRUTH = [("face",), (), ("arm", "hand"), ("arm",)]


@pytest.fixture(scope="module")
def columns(tmp_path_factory: pytest.TempPathFactory) -> CaseColumns:
    store = new_store(tmp_path_factory.mktemp("arrays") / "base")
    store.set_tasks([TASKS[0].model_copy(update={"labels": LABELS})])
    groups = [f"g{number // 2}" for number in range(4)]
    rows = [stored(n, group_id=groups[n], labels={"location": truth} if truth else {}) for n, truth in enumerate(TRUTH)]
    store.add(rows)
    return store.columns()


def made(columns: CaseColumns, multi_label: MultiLabel, rows: tuple[int, ...] = (0, 1, 2, 3)) -> tuple[object, ...]:
    X, y, groups = arrays(columns, VECTORS, rows, "location", LABELS, multi_label)  # noqa: N806
    return X.tolist(), y.tolist(), groups.tolist()


def test_one_label_a_case_makes_a_flat_y(columns: CaseColumns) -> None:
    assert made(columns, "refuse", (0, 1, 3)) == ([[0, 1], [6, 7]], ["face", "arm"], ["g0", "g1"])


def test_several_labels_are_refused_unless_it_is_said_what_to_do(columns: CaseColumns) -> None:
    with pytest.raises(QueryError, match="1 of 3 cases have several labels of 'location'"):
        made(columns, "refuse")
    assert made(columns, "leave-out") == ([[0, 1], [6, 7]], ["face", "arm"], ["g0", "g1"])
    assert made(columns, "indicator") == (
        [[0, 1], [4, 5], [6, 7]],
        [[0, 1, 0], [1, 0, 1], [1, 0, 0]],
        ["g0", "g1", "g1"],
    )


def test_nothing_left_and_another_word_are_refused(columns: CaseColumns) -> None:
    with pytest.raises(QueryError, match="no case has a label"):
        made(columns, "refuse", (1,))
    with pytest.raises(QueryError, match="there are: refuse"):
        made(columns, "first")

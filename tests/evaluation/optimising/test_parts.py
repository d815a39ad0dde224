"""Validation patients in three parts: none in two of them, none with a test case."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dermtools.cases.columns import LABEL_PREFIX, CaseColumns
from dermtools.errors import QueryError
from dermtools.evaluation import Target
from dermtools.evaluation.optimising.parts import divided, validation_parts
from dermtools.retrieval import CaseBase


def _targets(sizes: list[int]) -> list[Target]:
    return [
        Target(f"{group}-{n}", f"patient {group}", ("back",)) for group, size in enumerate(sizes) for n in range(size)
    ]


@given(st.lists(st.integers(1, 9), min_size=6, max_size=40), st.floats(0.1, 0.8), st.integers(0, 99))
def test_every_case_is_in_one_part_and_no_patient_in_two(sizes: list[int], held_out: float, seed: int) -> None:
    found = _targets(sizes)
    parts = divided(found, held_out, seed)
    split = [parts.learning, parts.choosing, parts.held_out]
    assert sorted(one.case_id for part in split for one in part) == sorted(one.case_id for one in found)
    patients = [{one.group_id for one in part} for part in split]
    assert sum(map(len, patients)) == len(sizes)
    assert all(len(some) >= 2 for some in patients)


def test_the_held_out_part_has_its_share() -> None:
    parts = divided(_targets([2] * 100), 0.4, 0)
    assert [len(parts.held_out), len(parts.choosing), len(parts.learning)] == [80, 60, 60]
    assert parts.lines["held_out"] == "80 cases of 40 patients"
    assert parts.size == "200 cases of 100 patients"


def test_the_seed_decides_the_parts() -> None:
    found = _targets([1] * 30)
    assert divided(found, 0.4, 1) == divided(found, 0.4, 1) != divided(found, 0.4, 2)


def test_too_few_patients_are_refused() -> None:
    with pytest.raises(QueryError, match="10 cases of 5 patients of validation are too few"):
        divided(_targets([2] * 5), 0.4, 0)


def test_only_validation_cases_are_taken(valid_base: CaseBase) -> None:
    parts = validation_parts(valid_base, "location", held_out=0.4)
    taken = {one.case_id for part in (parts.learning, parts.choosing, parts.held_out) for one in part}
    columns = valid_base.columns
    assert taken == {case for case, split in zip(columns.case_ids, columns.splits, strict=True) if split == "valid"}


@pytest.mark.parametrize("share", [0, 1, -0.5])
def test_a_share_that_is_none_is_refused(valid_base: CaseBase, share: float) -> None:
    with pytest.raises(QueryError, match="between 0 and 1"):
        validation_parts(valid_base, "location", held_out=share)


class _Columns:
    """A case base of which only the columns are looked at."""

    def __init__(self, case_base: CaseBase, splits: list[str | None]) -> None:
        columns, strings = case_base.columns, pa.list_(pa.string())
        cells = {
            "case_id": list(columns.case_ids),
            "group_id": list(columns.group_ids),
            "attributes": ["{}"] * len(columns),
        }
        labels = {LABEL_PREFIX + task: pa.array(list(found), strings) for task, found in columns.labels.items()}
        table = pa.table({**cells, **labels, "split": pa.array(splits, pa.string())})
        self.columns = CaseColumns.held(columns.version, tuple(columns.labels), table)


def test_a_patient_with_a_test_case_is_left_out(valid_base: CaseBase) -> None:
    columns = valid_base.columns
    place = columns.splits.index("valid")
    splits = ["test" if row == place else split for row, split in enumerate(columns.splits)]
    parts = validation_parts(_Columns(valid_base, splits), "location", held_out=0.4)  # type: ignore[arg-type]
    assert columns.group_ids[place] not in {one.group_id for one in (*parts.learning, *parts.choosing, *parts.held_out)}
    assert parts.size == "22 cases of 11 patients"


def test_a_case_base_without_validation_cases_is_refused(valid_base: CaseBase, tmp_path: Path) -> None:
    none = _Columns(valid_base, ["train"] * len(valid_base.columns))
    with pytest.raises(QueryError, match="no validation cases, and prompts are optimised on no others"):
        validation_parts(none, "location", held_out=0.4)  # type: ignore[arg-type]

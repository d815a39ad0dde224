"""A picture of unknown origin meets neither the case that it is an edited copy of nor another of that patient."""

from __future__ import annotations

import pytest

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.images import encode_jpeg
from dermtools.prompting.exemplars.selectors import RandomSelector
from dermtools.retrieval import CaseBase
from tests.support.edits import EDITS, with_caption
from tests.support.naevi import naevus

PATIENTS = 8
UNTURNED = [name for name in EDITS if not name.startswith("turned")]
"""A round spot has no angle to find: turns by degrees are tried on photographs."""


@pytest.fixture(scope="module")
def case_base(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    """Two photographs of each patient, of spots that all have one shape, and a caption on every other one."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("spots") / "base")
    cases = []
    for number in range(2 * PATIENTS):
        picture = naevus(number) if number % 2 else with_caption(naevus(number))
        case = Case(case_id=f"c{number}", group_id=f"p{number // 2}", split="train", labels={"site": ("arm",)})
        cases.append(SourceCase(case, encode_jpeg(picture)))
    case_base.add(SourceData("spots", (Task(name="site", question="Where?", labels=("arm",)),), tuple(cases)))
    return case_base


@pytest.mark.parametrize("name", UNTURNED)
def test_an_edited_copy_meets_neither_its_original_nor_its_patient_and_all_others(
    case_base: CaseBase, name: str
) -> None:
    others = {f"c{number}" for number in range(2 * PATIENTS)} - {"c2", "c3"}
    query = case_base.query(encode_jpeg(EDITS[name](naevus(3))))
    assert set(case_base.search(query=query, k=2 * PATIENTS).case_ids) == others
    drawn = RandomSelector(case_base, case_base.task("site"), 2 * PATIENTS).select(query)
    assert {shot.case.group_id for shot in drawn} == {f"p{number}" for number in range(PATIENTS)} - {"p1"}


def test_a_new_picture_costs_nobody_a_place(case_base: CaseBase) -> None:
    for picture in (naevus(100), with_caption(naevus(101)), naevus(102, 40), naevus(103).convert("L")):
        assert len(case_base.search(encode_jpeg(picture), k=2 * PATIENTS)) == 2 * PATIENTS

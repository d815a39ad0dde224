"""What the map of vectors asks for, over real photographs."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from dermtools.app.actions import mapping
from dermtools.app.actions.mapping import (
    ColorArguments,
    ConditionArguments,
    LayoutArguments,
    NearArguments,
    PickedArguments,
)
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.progress import Silent
from dermtools.retrieval import CaseBase


@pytest.fixture(scope="module")
def session(photograph_base: Path) -> AppSession:
    return AppSession(CaseBase.open(photograph_base))


def test_every_case_has_a_place_and_a_map_is_made_once(session: AppSession) -> None:
    found = mapping.layout(session, LayoutArguments(), Silent())
    assert found["case_ids"] == session.opened.columns.case_ids
    assert len(found["x"]) == len(found["y"]) == 677
    assert min(found["x"]) == 0
    assert max(found["x"]) == 1
    assert found["caption"] == "principal components"
    (kept,) = session.maps.values()
    mapping.layout(session, LayoutArguments(), Silent())
    assert list(session.maps.values()) == [kept]


def test_maps_of_earlier_versions_are_not_kept(photograph_base: Path, tmp_path: Path) -> None:
    session = AppSession(CaseBase.open(shutil.copytree(photograph_base, tmp_path / "copy")))
    mapping.layout(session, LayoutArguments(), Silent())
    erased = session.opened.columns.case_ids[0]
    session.opened.delete([erased])
    mapping.layout(session, LayoutArguments(), Silent())
    (kept,) = session.maps.values()
    assert erased not in kept.case_ids


def test_a_selection_is_never_another_one_of_the_same_name(photograph_base: Path) -> None:
    said = []
    for rows in (range(100), range(100, 200)):
        session = AppSession(CaseBase.open(photograph_base))  # as after another start of the server
        version = session.opened.columns.version
        said.append(mapping.picked(session, PickedArguments(rows=list(rows), version=version), Silent())["where"])
    with pytest.raises(QueryError):
        session.opened.snapshot.matching(said[0])
    assert session.opened.snapshot.matching(said[1]).sum() == 100


@pytest.mark.parametrize("by", ["diagnosis", "split", "sex"])
def test_categories_stand_for_the_values_of_every_case(session: AppSession, by: str) -> None:
    found, columns = mapping.colors(session, ColorArguments(by=by), Silent()), session.opened.columns
    names = [one["name"] for one in found["categories"]]
    truth = {"split": columns.splits, "sex": columns.attributes["sex"]}.get(by) or [
        ", ".join(labels) for labels in columns.labels["diagnosis"]
    ]
    assert [names[code] for code in found["codes"]] == [value or "not known" for value in truth]
    assert [one["count"] for one in found["categories"]] == [found["codes"].count(code) for code in range(len(names))]
    assert not found["private"]


def test_a_number_with_many_values_is_put_into_bands_and_is_marked_where_it_is_private(session: AppSession) -> None:
    found = mapping.colors(session, ColorArguments(by="age"), Silent())
    ages = session.opened.columns.attributes["age"]
    assert found["private"]
    for age, code in zip(ages, found["codes"], strict=True):
        low, high = found["categories"][code]["name"].split(" to ")
        assert float(low) <= float(age) <= float(high)  # type: ignore[arg-type]


def test_a_column_that_there_is_not_is_refused(session: AppSession) -> None:
    with pytest.raises(QueryError, match=r"nothing is called 'diagnose'.*diagnosis"):
        mapping.colors(session, ColorArguments(by="diagnose"), Silent())


@pytest.mark.parametrize("count", [3, 200])
def test_cases_that_were_picked_are_found_by_their_condition_and_searched_in(session: AppSession, count: int) -> None:
    case_base = session.opened
    rows = list(range(0, 2 * count, 2))
    picked = mapping.picked(session, PickedArguments(rows=rows, version=case_base.version), Silent())
    assert picked["cases"] == count
    assert mapping.matching(session, ConditionArguments(where=picked["where"]), Silent()) == {"rows": rows}
    ids = {case_base.columns.case_ids[row] for row in rows}
    found = case_base.search(case_id=case_base.columns.case_ids[1], k=5, where=f"{picked['where']} AND split = 'train'")
    assert {one.case.case_id for one in found} <= ids


def test_the_same_cases_have_one_name_and_others_another(session: AppSession) -> None:
    def named(rows: range) -> str:
        arguments = PickedArguments(rows=list(rows), version=session.opened.version)
        return str(mapping.picked(session, arguments, Silent())["where"])

    assert named(range(100)) == named(range(100)) != named(range(101))


def test_rows_of_an_earlier_version_are_refused(session: AppSession) -> None:
    with pytest.raises(QueryError, match="has changed since the map was drawn"):
        mapping.picked(session, PickedArguments(rows=[0], version=session.opened.version - 1), Silent())


def test_the_query_is_placed_among_its_nearest_cases(session: AppSession) -> None:
    case_id = session.opened.columns.case_ids[0]
    found = mapping.near(session, NearArguments(of=f"case:{case_id}"), Silent())
    assert found["case_id"] == case_id
    expected = [one.case.case_id for one in session.opened.search(case_id=case_id, k=12)]
    assert [one["case_id"] for one in found["neighbors"]] == expected


def test_cases_that_came_by_their_vector_alone_are_told(tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "bare", embedder="descriptor")
    vectors = np.eye(4, case_base.identity.dimension, dtype=np.float32)
    rows = [{"case_id": f"case_{place}", "diagnosis": "NEV"} for place in range(4)]
    case_base.add(rows, vectors=vectors, tasks=["diagnosis"])
    session = AppSession(case_base)
    assert mapping.layout(session, LayoutArguments(), Silent())["without_picture"] == [0, 1, 2, 3]

"""No two groups share an id that are not one patient, whatever ids the data give."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dermtools.cases.groups import GROUP_COLUMNS, given_group, nearly_alike, own_group
from dermtools.cases.sources import SourceOptions, load_source
from tests.support.tables import by_id, write

made_like = st.sampled_from(["case:", "group:", *(f"{column}:" for column in GROUP_COLUMNS)])
ids = st.builds(lambda parts, end: "".join(parts) + end, st.lists(made_like, max_size=3), st.text("1a:", min_size=1))


@given(st.lists(st.tuples(st.sampled_from(["", "own", *GROUP_COLUMNS[1:]]), ids), max_size=30))
def test_two_ids_are_one_group_only_where_they_are_one_id_of_one_column(sources: list[tuple[str, str]]) -> None:
    origins = defaultdict(set)
    for column, name in sources:
        origins[own_group(name) if column == "own" else given_group(name, column)].add((column, name))
    assert all(len(found) == 1 for found in origins.values())


def test_an_ordinary_id_stays_as_it_is() -> None:
    assert [given_group(name) for name in ("7", "PAT_1", "case 7", "clinic:7")] == ["7", "PAT_1", "case 7", "clinic:7"]


def test_a_case_without_a_patient_meets_no_patient_of_its_id(tmp_path: Path) -> None:
    for number in range(1, 5):
        (tmp_path / f"{number}.jpg").write_bytes(b"picture %d" % number)
    text = "id,file,patient_id,lesion_id\n1,1.jpg,,\n2,2.jpg,1,\n3,3.jpg,case:1,\n4,4.jpg,lesion_id:1,\n5,1.jpg,,1\n"
    groups = {name: case.group_id for name, case in by_id(load_source(write(tmp_path, text))).items()}
    assert len(set(groups.values())) == 5
    assert (groups["1"], groups["2"]) == ("case:1", "1")


def test_a_picture_of_a_folder_meets_no_group_that_bears_its_name(tmp_path: Path) -> None:
    for name in ("a/x.jpg", "a/p_case:a_x.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(name.encode())
    data = load_source(tmp_path, options=SourceOptions(group_pattern="p_(.*)_"))
    assert sorted(case.group_id for case in by_id(data).values()) == ["case:a/x.jpg", "group:case:a"]


def test_ids_that_differ_in_case_space_or_leading_zeros_are_told_and_others_are_not():
    ids = ["007", "7", "P 1", "p1", "P01", "10", "100", "a0", "a00", own_group("7"), own_group("07")]
    assert nearly_alike(ids) == [["007", "7"], ["P 1", "p1", "P01"], ["a0", "a00"]]
    assert nearly_alike(["1", "1", "2"]) == []

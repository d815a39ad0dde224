"""Columns over Arrow against a plain reading of the same rows, cell by cell."""

from __future__ import annotations

import json
from contextlib import nullcontext
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case_columns import SMALL, TAKEN, CaseColumns
from dermtools.cases.columns import schema
from dermtools.images.picture_hash import NO_HASH

TASKS = ("location", "Größe, ’odd’")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "1", "true", "2024-02-29", "Straße"]),
    TEXT,
)
ROWS = st.fixed_dictionaries(
    {
        "group_id": st.sampled_from(["p1", "p2", ""]) | TEXT,
        "split": st.sampled_from(["train", "valid", "test", None]),
        "attributes": st.dictionaries(st.sampled_from(["age", "sex", "Ω"]), VALUES, max_size=3),
        "content_hash": st.sampled_from(["a" * 64, "b" * 64]) | TEXT,
        "width": st.integers(0, 9),
        "height": st.integers(0, 9),
        "picture_hash": st.none() | st.binary(min_size=32, max_size=32),
        **{f"label_{task}": st.none() | st.lists(st.sampled_from(["x", "y", "ü"]), max_size=3) for task in TASKS},
    }
)


def table(rows: list[dict[str, Any]], parts: int = 1) -> pa.Table:
    """As the table on disk has it, in several chunks."""
    fields = [field for field in schema(TASKS, 1) if field.name not in ("vector", "jpeg")]
    cells = [row | {"attributes": json.dumps(row["attributes"], ensure_ascii=False, sort_keys=True)} for row in rows]
    whole = pa.Table.from_pylist(cells, schema=pa.schema(fields))
    bounds = np.linspace(0, len(rows), parts + 1).astype(int).tolist()
    return pa.concat_tables([whole[a:b] for a, b in pairwise(bounds)])


def alike(one: Any, other: Any) -> bool:
    """Equal and of one type: 1 is neither True nor 1.0."""
    return one == other and type(one) is type(other)


@settings(max_examples=40, deadline=None)
@given(rows=st.lists(ROWS, max_size=12), ids=st.lists(TEXT, min_size=12, max_size=12, unique=True), data=st.data())
def test_every_column_holds_what_a_plain_reading_holds(
    rows: list[dict[str, Any]], ids: list[str], data: st.DataObject
) -> None:
    rows = [{"case_id": one, **row} for one, row in zip(ids, rows, strict=False)]
    columns = CaseColumns.held(7, TASKS, table(rows, data.draw(st.integers(1, 3), label="chunks")))
    n = len(rows)

    assert (len(columns), columns.version) == (n, 7)
    for name, column in (
        ("case_id", columns.case_ids),
        ("group_id", columns.group_ids),
        ("content_hash", columns.content_hashes),
        ("split", columns.splits),
    ):
        plain = [row[name] for row in rows]
        assert list(column) == [column[row] for row in range(n)] == plain
        assert column == plain
        assert column[1:3] == plain[1:3]
        assert column[::-2] == plain[::-2]
        assert all((value in column) == (value in plain) for value in [*plain, "absent", None])
    for task in TASKS:
        plain = [tuple(row[f"label_{task}"] or ()) for row in rows]
        labels = columns.labels[task]
        assert list(labels) == [labels[row] for row in range(n)] == plain
        assert labels[2:9] == plain[2:9]
        for label in ("x", "ü", "absent"):
            assert labels.mask(label).tolist() == [label in had for had in plain]
        assert labels.known.tolist() == [bool(had) for had in plain]
        assert labels.counts() == {
            label: sum(had.count(label) for had in plain) for label in {one for had in plain for one in had}
        }
    assert set(columns.attributes) == {name for row in rows for name in row["attributes"]}
    for name, values in columns.attributes.items():
        plain = [row["attributes"].get(name) for row in rows]
        assert all(map(alike, values, plain))
        assert all(alike(values[row], plain[row]) for row in range(n))
        assert values.known.tolist() == [value is not None for value in plain]
        for value in plain:
            assert values.mask(value).tolist() == [alike(value, other) for other in plain]
    assert columns.splits.counts() == {
        split: sum(row["split"] == split for row in rows) for split in {row["split"] for row in rows} - {None}
    }
    hashes = b"".join(row["picture_hash"] or NO_HASH for row in rows)
    assert columns.picture_hashes.tobytes() == hashes
    assert columns.picture_hashes.flags.c_contiguous
    unhashed = [i for i, row in enumerate(rows) if row["picture_hash"] is None and row["width"]]
    assert columns.unhashed.tolist() == unhashed
    assert columns.widths.tolist() == [row["width"] for row in rows]
    assert dict(columns.row_of) == {row["case_id"]: i for i, row in enumerate(rows)}
    assert columns.row_of.of([*ids, "no such id"]).tolist() == [*range(n), *[-1] * (13 - n)]
    for number, case in enumerate(columns.cases(range(n))):
        assert (case.case_id, case.group_id, case.split) == tuple(
            rows[number][key] for key in ("case_id", "group_id", "split")
        )
        had = {name: value for name, value in rows[number]["attributes"].items() if value is not None}
        assert case.attributes.keys() == had.keys()
        assert all(alike(case.attributes[name], value) for name, value in had.items())
        assert case.labels == {task: tuple(found) for task in TASKS if (found := rows[number][f"label_{task}"])}
    chosen = data.draw(st.lists(st.integers(0, n - 1), max_size=5), label="picked") if n else []
    picked = columns.picked(np.array(chosen, np.intp), 9)
    assert (picked.version, list(picked.case_ids)) == (9, [rows[row]["case_id"] for row in chosen])
    assert picked.cases(range(len(chosen))) == columns.cases(chosen)
    assert picked.picture_hashes.tobytes() == b"".join(rows[row]["picture_hash"] or NO_HASH for row in chosen)


class Counting:
    """A source in memory that keeps what was asked of it."""

    def __init__(self, held: pa.Table) -> None:
        self.held, self.read_names, self.taken = held, list[str](), 0

    def read(self, names: Any) -> pa.Table:
        self.read_names += names
        return self.held.select(list(names))

    def take(self, rows: Any, names: Any) -> pa.Table:
        self.taken += len(rows)
        return self.held.select(list(names)).take(list(rows))

    def reading(self) -> nullcontext[None]:
        return nullcontext()


def test_a_column_is_read_once_and_only_when_it_is_asked_for() -> None:
    rows = [
        {
            "case_id": f"c{i}",
            "group_id": f"p{i // 2}",
            "split": "train",
            "attributes": {"age": i % 80},
            "content_hash": f"h{i}",
            "width": 1,
            "height": 1,
            "picture_hash": None,
        }
        for i in range(SMALL + 1)
    ]
    source = Counting(table([row | {f"label_{task}": ["x"] for task in TASKS} for row in rows]))
    columns = CaseColumns(1, TASKS, source)
    assert columns.row_of["c9"] == 9
    assert source.read_names == ["case_id", "group_id"]

    few = columns.cases([9, 3])
    assert [case.attributes for case in few] == [{"age": 9}, {"age": 3}]
    assert (source.taken, source.read_names) == (2, ["case_id", "group_id"])
    many = columns.cases(range(TAKEN))
    assert source.taken == 2
    assert [many[9], many[3]] == few
    columns.load()
    assert sorted(source.read_names) == sorted(set(source.read_names))
    assert columns.attributes["age"][9] == 9

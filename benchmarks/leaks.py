"""How many edited copies the leak guard finds, and how many photographs of other patients it takes for copies.

    python -m benchmarks.leaks RECORDS.csv

Every photograph of a table with columns file and group_id is edited and asked for as a picture of unknown origin, over
a case base of all of them. Not one of the budgets: it needs real photographs.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from dermtools import CaseBase
from dermtools.cases.case import Case, SourceCase, SourceData
from dermtools.images import encode_jpeg, open_image
from dermtools.intervals import share_interval
from tests.support.edits import EDITS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("records", type=Path)
    parser.add_argument("--every", type=int, default=1, help="of the photographs, for each edit")
    parser.add_argument("--embedder", default="descriptor")
    given = parser.parse_args()
    with given.records.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    pictures = [given.records.parent / row["file"] for row in rows]
    cases = tuple(
        SourceCase(Case(case_id=str(number), group_id=row["group_id"]), picture)
        for number, (row, picture) in enumerate(zip(rows, pictures, strict=True))
    )
    with tempfile.TemporaryDirectory() as folder:
        case_base = CaseBase.create(Path(folder) / "base", embedder=given.embedder)
        case_base.add(SourceData("photographs", (), cases))
        snapshot, groups = case_base.snapshot, case_base.columns.group_ids
        wrong: Counter[tuple[str, str]] = Counter()
        for place, (name, edit) in enumerate(EDITS.items()):
            caught, of = [], []
            for number in range(place % given.every, len(rows), given.every):
                query = case_base.query(encode_jpeg(edit(open_image(pictures[number]))))
                ranking = snapshot.index.rank(query.vector)
                own = snapshot.guard.left_out(query, lambda ranking=ranking: ranking, case_base.jpegs)
                row, group = case_base.columns.row_of[str(number)], rows[number]["group_id"]
                caught.append(row in own)
                of.append(group)
                wrong.update({(group, groups[other]) for other in own} - {(group, group)})
            _, numbers = np.unique(of, return_inverse=True)
            interval = share_interval(np.array(caught), numbers)
            share = f"{sum(caught) / len(caught):.3f} ({interval.low:.3f} to {interval.high:.3f})"
            print(f"{name}: {sum(caught)} of {len(caught)}, {share}; other patients left out: {len(wrong)}", flush=True)
        print(f"pairs of patients taken for one: {dict(wrong)}")


if __name__ == "__main__":
    main()

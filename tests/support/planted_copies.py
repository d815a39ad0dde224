"""A small case base of photographs with two copies planted: each of another patient, in another split."""

from __future__ import annotations

import shutil
from pathlib import Path

from dermtools.cases.case import Case
from dermtools.retrieval import CaseBase


def plant_copies(case_base: Path, to: Path, *, cases: int) -> Path:
    """A copy that holds so many BCC and NEV, and `copy_0` and `copy_1` of two of them, the first relabelled."""
    copy = CaseBase.open(shutil.copytree(case_base, to))
    chosen = [case.case_id for label in ("BCC", "NEV") for case in copy.cases(f"diagnosis = '{label}'")[: cases // 2]]
    copy.remove(set(copy.columns.case_ids) - set(chosen))
    for number, case_id in enumerate(chosen[:2]):
        original = copy.case(case_id)
        planted = Case(
            case_id=f"copy_{number}",
            group_id=f"somebody_{number}",
            split="test" if original.split != "test" else "train",
            labels={**original.labels, "diagnosis": ("NEV",) if number == 0 else original.labels["diagnosis"]},
        )
        copy.add([(planted, copy.jpeg(case_id))])
    return to

"""Hashes for pictures that an earlier version stored, and edited copies kept on one side of made splits."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import lance
import numpy as np
from PIL import ImageOps

from dermtools.cases.case import Case, SourceCase, SourceData, Task
from dermtools.cases.columns import PICTURE_HASH
from dermtools.cases.lance_table import TABLE
from dermtools.cases.sources import SourceOptions
from dermtools.cases.sources.assembly import assemble
from dermtools.images import encode_jpeg
from dermtools.retrieval import CaseBase
from tests.support.naevi import naevus

COPIES = 6


def source(first: int = 0) -> SourceData:
    """Photographs of patients, and each mirrored under the name of another patient; no splits."""
    cases = []
    for seed in range(first, first + COPIES):
        picture = naevus(seed)
        for name, image in ((f"a{seed}", picture), (f"b{seed}", ImageOps.mirror(picture))):
            case = Case(case_id=name, group_id=name, labels={"site": (("arm", "leg")[seed % 2],)})
            cases.append(SourceCase(case, encode_jpeg(image)))
    return SourceData("drawn", (Task(name="site", question="Where?", labels=("arm", "leg")),), tuple(cases))


def made(data: SourceData) -> SourceData:
    return assemble(data, Path("drawn"), SourceOptions(split_fractions=(0.5, 0.0, 0.5)))


def older(case_base: CaseBase) -> CaseBase:
    lance.dataset(case_base.path / TABLE).drop_columns([PICTURE_HASH])
    return CaseBase.open(case_base.path)


def test_made_splits_keep_a_photograph_and_its_mirror_image_together_and_say_so(tmp_path: Path) -> None:
    data = made(source())
    split = {item.case.case_id: item.case.split for item in data.cases}
    assert set(split.values()) == {"train", "test"}
    assert all(split[f"a{seed}"] == split[f"b{seed}"] for seed in range(COPIES))
    assert any("one photograph, edited" in note and f": {COPIES};" in note for note in data.notes)

    case_base = CaseBase.create(tmp_path / "base")
    halves = [replace(data, cases=part) for part in (data.cases[::2], data.cases[1::2])]
    case_base.add(halves[0])
    case_base.add(made(replace(source(), cases=source().cases[1::2])))
    columns = case_base.columns
    stored = dict(zip(columns.case_ids, columns.splits, strict=True))
    assert all(stored[f"a{seed}"] == stored[f"b{seed}"] for seed in range(COPIES))


def test_given_splits_that_tear_a_photograph_from_its_mirror_image_are_called_a_leak(tmp_path: Path) -> None:
    data = source()
    cases = tuple(
        replace(item, case=item.case.model_copy(update={"split": ("train", "test")[number % 2]}))
        for number, item in enumerate(data.cases)
    )
    case_base = CaseBase.create(tmp_path / "base")
    case_base.add(replace(data, cases=cases))
    (finding,) = case_base.check().of("edited-copy-across-splits")
    assert finding.severity == "error"
    assert sorted(finding.cases) == [(f"a{seed}", f"b{seed}") for seed in range(COPIES)]


def test_an_older_case_base_says_so_and_is_hashed_by_one_call_or_the_next_ingest(tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "base")
    case_base.add(made(source()))
    hashes = dict(zip(case_base.columns.case_ids, case_base.columns.picture_hashes.tolist(), strict=True))
    case_base = older(case_base)
    edited = encode_jpeg(ImageOps.flip(naevus(0)).crop((12, 12, 244, 244)))
    assert case_base.check().of("no-picture-hash")[0].message.startswith("pictures without a perceptual hash")
    assert any("add_hashes" in note for note in case_base.search(edited, group_id=None, k=2).notes) or not set(
        case_base.search(edited, k=12).case_ids
    ) & {"a0", "b0"}

    assert case_base.add_hashes() == 2 * COPIES
    assert case_base.add_hashes() == 0
    columns = case_base.columns
    assert dict(zip(columns.case_ids, columns.picture_hashes.tolist(), strict=True)) == hashes
    assert case_base.check().of("no-picture-hash") == ()
    assert not set(case_base.search(edited, k=12).case_ids) & {"a0", "b0"}

    case_base = older(case_base)
    case_base.add(made(source()))
    assert len(case_base.columns.unhashed) == 0
    assert np.count_nonzero(case_base.columns.picture_hashes.sum(axis=1)) == 2 * COPIES

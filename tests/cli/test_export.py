"""`dermtools export` and `dermtools card`, as typed."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from dermtools.retrieval import CaseBase
from tests.support.command_line import Run


def test_a_table_is_written_and_what_stays_is_named(run: Run, sample_base: Path, tmp_path: Path) -> None:
    base = shutil.copytree(sample_base, tmp_path / "base")
    CaseBase.open(base).attributes.hide("age")
    done = run("export", base, tmp_path / "out", "--to", "csv", "--where", "split = 'test'")
    assert done.code == 0
    assert "59 cases" in " ".join(done.out.split())
    assert "private attributes left out: age" in done.out
    with (tmp_path / "out/cases.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["split"] for row in rows} == {"test"}
    assert rows[0].keys() == {"case_id", "group_id", "split", "diagnosis", "location", "fitzpatrick", "origin", "sex"}
    assert "are private: age." in (tmp_path / "out/README.md").read_text(encoding="utf-8")


def test_json_says_what_was_written(run: Run, sample_base: Path, tmp_path: Path) -> None:
    done = run("export", sample_base, tmp_path / "out", "--to", "hf", "--all-attributes", "--json")
    assert {key: done.json[key] for key in ("to", "cases", "pictures", "attributes", "left_out")} == {
        "to": "hf",
        "cases": 215,
        "pictures": 215,
        "attributes": ["age", "fitzpatrick", "origin", "sex"],
        "left_out": [],
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "xml"], "--to xml: no such format; there are: csv"),
        (["--attribute", "agee"], "did you mean age"),
        (["--where", "age > 200"], "nothing to export"),
        (["--to", "imagefolder", "--task", "location", "--no-pictures"], "imagefolder is a folder of pictures"),
    ],
)
def test_what_cannot_be_is_one_line_and_no_folder(
    options: list[str], said: str, run: Run, sample_base: Path, tmp_path: Path
) -> None:
    done = run("export", sample_base, tmp_path / "out", *options)
    assert done.code != 0
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_the_card_is_printed_or_written(run: Run, sample_base: Path, tmp_path: Path) -> None:
    done = run("card", sample_base)
    assert done.out.startswith("# Dermatology cases: 215 cases of 60 groups\n")
    assert run("card", sample_base, "--out", tmp_path / "card.md").code == 0
    assert (tmp_path / "card.md").read_text(encoding="utf-8") == done.out

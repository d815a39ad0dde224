"""Evaluations as the page lists and reads them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dermtools.app.actions import runs
from dermtools.app.actions.overview import NoArguments
from dermtools.app.actions.runs import RunArguments
from dermtools.app.session import AppSession
from dermtools.errors import QueryError
from dermtools.evaluation import Run, results
from dermtools.evaluation.reporting import tables
from dermtools.retrieval import CaseBase
from tests.support.told import Told


@pytest.fixture(scope="module")
def session(photograph_base: Path, evaluations: Path) -> AppSession:
    return AppSession(CaseBase.open(photograph_base), runs=evaluations)


def test_the_list_says_of_every_run_what_it_was_about_and_which_method_is_best(
    session: AppSession, evaluations: Path
) -> None:
    listed = {row["name"]: row for row in runs.runs(session, NoArguments(), Told())["runs"]}
    assert set(listed) == {"votes", "prompted", "again"}
    for name, row in listed.items():
        found = results(Run.open(evaluations / name))
        assert row["methods"] == found.run.compared
        assert (row["cases"], row["groups"]) == (len(found.run.targets), found.run.groups)
        assert (row["best"]["arm"], row["best"]["accuracy"]) == (found.best.arm, found.best.accuracy)


def test_a_run_says_what_its_report_says(session: AppSession, evaluations: Path) -> None:
    said = runs.run(session, RunArguments(name="prompted"), Told())
    found = results(Run.open(evaluations / "prompted"))
    assert said["headline"] == found.headline
    assert [pair["in_words"] for pair in said["comparisons"]] == [pair.sentence for pair in found.comparisons]
    assert said["retrieval"] == found.retrieval
    for arm, summary in zip(said["arms"], found.summaries, strict=True):
        assert arm["latency"] == tables.seconds(summary.usage.latency_median_s)
        assert arm["cost"] == (tables.dollars(summary) if summary.usage.price_usd else None)
    counts = said["confusion"]["rag-3"]["counts"]
    assert sum(map(sum, counts)) == 24
    assert {one["attribute"] for one in said["subgroups"]["rag-3"]} >= {"skin type", "sex", "age"}


def test_no_place_on_the_machine_and_no_hash_is_said(session: AppSession, evaluations: Path) -> None:
    said = repr(runs.run(session, RunArguments(name="prompted"), Told()))
    assert str(evaluations) not in said
    assert Run.open(evaluations / "prompted").spec.arms["rag-3"]["prompt_hash"][:12] not in said
    assert "127.0.0.1" not in said


@pytest.mark.parametrize("name", ["../evaluated/runs/votes", "/etc", "votes/", ""])
def test_a_name_is_looked_up_in_the_list_and_is_never_a_path(session: AppSession, name: str) -> None:
    with pytest.raises(QueryError, match="no evaluation"):
        runs.run(session, RunArguments(name=name), Told())


def test_a_damaged_run_says_so_in_the_list_and_leaves_the_others(evaluations: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(evaluations, tmp_path / "runs"))
    (folder / "votes" / "run.json").write_text("{")
    listed = {row["name"]: row for row in runs.runs(AppSession(runs=folder), NoArguments(), Told())["runs"]}
    assert "votes" in listed["votes"]["problem"]
    assert listed["again"]["best"]


def test_a_run_that_went_on_is_read_anew(evaluations: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(evaluations / "votes", tmp_path / "votes"))
    session = AppSession(runs=folder)
    before = runs.run(session, RunArguments(name="votes"), Told())["arms"][0]["n"]
    answers = folder / "predictions.jsonl"
    answers.write_bytes(b"".join(answers.read_bytes().splitlines(keepends=True)[:50]))
    assert before == 60
    assert runs.run(session, RunArguments(name="votes"), Told())["arms"][0]["n"] == 50


def test_without_a_folder_the_option_is_named() -> None:
    with pytest.raises(QueryError, match="--runs DIR"):
        runs.runs(AppSession(), NoArguments(), Told())

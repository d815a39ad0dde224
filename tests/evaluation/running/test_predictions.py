"""The answers of a run as a table, read back by other libraries."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow.parquet
import pytest

from dermtools.errors import QueryError
from dermtools.evaluation import Record, Run, write_predictions
from dermtools.evaluation.running.predictions import predictions_table
from dermtools.prediction import Exemplar, Outcome, Prediction, TokenUsage, Trail


@pytest.fixture
def run(spec, targets, tmp_path: Path) -> Run:
    """Two arms over three cases: right with everything, wrong, refused, failed, abstained, and one not asked."""
    arms = {"rag": {"method": "rag-1", "model": "openai:gpt-4.1"}, "vote": {"method": "vote"}}
    described = spec(targets(3), arms=arms)
    full = Prediction(
        method="rag-1",
        task="location",
        label="back",
        probabilities={"back": 0.75, "hand": 0.25},
        label_set=("back", "hand"),
        exemplars=(Exemplar(case_id="=x", group_id="g", labels=("back",), distance=0.5),),
        usage=TokenUsage(input_tokens=100, output_tokens=2, cached_input_tokens=60),
        trail=Trail(fetched=True, calls={"search_similar_cases": 2, "get_case": 1}, pictures=5),
    )

    def without(method: str, outcome: Outcome, reason: str) -> Prediction:
        return Prediction(method=method, task="location", outcome=outcome, reason=reason)

    said = [
        ("rag", 0, full, 0.5, 0.01),
        ("rag", 1, without("rag-1", Outcome.REFUSED, "=declined"), 0.25, 0.02),
        ("rag", 2, without("rag-1", Outcome.ERROR, "HTTP 500"), 1.0, None),
        ("vote", 0, Prediction(method="vote", task="location", label="hand"), 0.0, 0.0),
        ("vote", 1, without("vote", Outcome.ABSTAINED, "too uncertain"), 0.0, 0.0),
    ]
    records = [
        Record(
            arm=arm,
            case_id=described.targets[number].case_id,
            group_id=described.targets[number].group_id,
            truth=described.targets[number].truth,
            prediction=prediction,
            latency_s=seconds,
            price_usd=price,
        )
        for arm, number, prediction, seconds, price in said
    ]
    return Run(tmp_path / "run", described, records)


def test_parquet_has_a_row_an_answer_with_everything_in_its_column(run: Run, tmp_path: Path) -> None:
    write_predictions(run.predictions(), tmp_path / "out.parquet", "parquet")
    rows = pyarrow.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    first = rows[0]
    assert json.loads(first.pop("probabilities")) == {"back": 0.75, "hand": 0.25}
    assert first == {
        "arm": "rag",
        "method": "rag-1",
        "model": "openai:gpt-4.1",
        "task": "location",
        "split": "test",
        "case_id": "case-000",
        "group_id": "group-0",
        "truth": ["back"],
        "prediction": "back",
        "outcome": "ok",
        "reason": None,
        "right": True,
        "abstained": False,
        "invalid": False,
        "failed": False,
        "confidence": 0.75,
        "label_set": ["back", "hand"],
        "exemplars": ["=x"],
        "input_tokens": 100,
        "output_tokens": 2,
        "cached_input_tokens": 60,
        "price_usd": 0.01,
        "seconds": 0.5,
        "fetched": True,
        "tool_calls": 3,
        "pictures": 5,
    }
    assert [row["fetched"] for row in rows[1:]] == [None] * 4
    flags = [tuple(row[name] for name in ("arm", "right", "abstained", "invalid", "failed")) for row in rows]
    assert flags == [
        ("rag", True, False, False, False),
        ("rag", False, False, True, False),
        ("rag", False, False, False, True),
        ("vote", False, False, False, False),
        ("vote", False, True, False, False),
    ]
    assert [row["price_usd"] for row in rows] == [0.01, 0.02, None, 0.0, 0.0]


def test_a_csv_runs_nothing_in_a_spreadsheet(run: Run, tmp_path: Path) -> None:
    write_predictions(run.predictions("rag"), tmp_path / "out.csv", "csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["reason"] for row in rows] == ["", "'=declined", "HTTP 500"]
    assert [json.loads(row["truth"]) for row in rows] == [["back"]] * 3
    assert [row["right"] for row in rows] == ["true", "false", "false"]
    assert [row["confidence"] for row in rows] == ["0.75", "", ""]
    assert json.loads(rows[0]["exemplars"]) == ["=x"]


def test_as_many_are_right_as_the_run_counts(run: Run) -> None:
    table = run.predictions()
    for scored in run.scored():
        own = table.filter(pyarrow.compute.equal(table["arm"], scored.name))
        assert own["right"].to_pylist() == scored.right.tolist()


def test_a_run_without_answers_is_an_empty_table_with_all_columns(run: Run) -> None:
    empty = predictions_table(run.spec, [])
    assert (empty.num_rows, empty.schema) == (0, run.predictions().schema)


def test_another_arm_or_format_is_refused(run: Run, tmp_path: Path) -> None:
    with pytest.raises(QueryError, match=r"no arm 'rg' .*did you mean rag"):
        run.predictions("rg")
    with pytest.raises(QueryError, match="no format 'xlsx'"):
        write_predictions(run.predictions(), tmp_path / "out", "xlsx")

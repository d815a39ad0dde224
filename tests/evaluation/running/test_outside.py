"""Predictions made elsewhere: whose rows are whose cases, and what is refused."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dermtools.evaluation import OutsidePredictions, evaluate, outside_arm
from dermtools.evaluation.running.records import RunError
from dermtools.methods import method
from dermtools.prediction import Outcome, Query
from dermtools.retrieval import CaseBase

LABELS = ("ACK", "BCC", "NEV")
TRUTHS = {"PAT_1_2_3": ("BCC",), "PAT_4_5_6": ("NEV",), "v1.5": ("ACK",)}


def read(tmp_path: Path, text: str, **options: object) -> OutsidePredictions:
    path = tmp_path / "theirs.csv"
    path.write_text(text, encoding="utf-8")
    return OutsidePredictions(path, "diagnosis", LABELS, TRUTHS, name="theirs", **options)


@pytest.mark.parametrize(
    "written", ["PAT_1_2_3", "PAT_1_2_3.png", "/home/share/images/PAT_1_2_3.png", "D:\\pictures\\PAT_1_2_3.JPG"]
)
def test_a_case_is_known_by_its_id_or_by_the_name_of_its_file(tmp_path: Path, written: str) -> None:
    assert read(tmp_path, f"filename,predicted_label\n{written},NEV\n").held["PAT_1_2_3"].label == "NEV"


def test_an_id_that_looks_like_a_file_is_an_id(tmp_path: Path) -> None:
    assert list(read(tmp_path, "case_id,prediction\nv1.5,ACK\n").held) == ["v1.5"]


def test_probabilities_go_with_their_labels(tmp_path: Path) -> None:
    held = read(tmp_path, "id,pred,prob_NEV,prob_BCC,prob_ACK\nPAT_4_5_6,BCC,0.2,0.5,0.3\n").held["PAT_4_5_6"]
    assert list(held.probabilities.items()) == [("BCC", 0.5), ("ACK", 0.3), ("NEV", 0.2)]


def test_numbers_are_the_labels_that_are_named_for_them(tmp_path: Path) -> None:
    text = "image_path,true_label,predicted_label,probability_class_0,probability_class_1,probability_class_2\n"
    text += "PAT_1_2_3.png,1,2,0.1,0.2,0.7\n"
    made = read(tmp_path, text, numbered=("NEV", "BCC", "ACK"))
    held = made.held["PAT_1_2_3"]
    assert (held.label, held.probabilities) == ("ACK", {"ACK": 0.7, "BCC": 0.2, "NEV": 0.1})
    assert (made.own_truth.right, made.own_truth.n, made.contradicted) == (0, 1, 0)


NUMBERED = "id,true_label,predicted_label\nPAT_1_2_3,1,0\nPAT_4_5_6,0,0\nv1.5,2,2\n"


@pytest.mark.parametrize("named", [(), LABELS], ids=["not named", "named in another order"])
def test_the_order_of_numbers_is_told_where_the_truths_show_it(tmp_path: Path, named: tuple[str, ...]) -> None:
    with pytest.raises(RunError, match=r"--prediction-labels NEV,BCC,ACK$"):
        read(tmp_path, NUMBERED, numbered=named)
    assert read(tmp_path, NUMBERED, numbered=("NEV", "BCC", "ACK")).contradicted == 0


def test_a_file_with_another_truth_is_told(tmp_path: Path) -> None:
    made = read(tmp_path, "id,truth,prediction\nPAT_1_2_3,ACK,ACK\nelsewhere,NEV,BCC\n")
    assert made.line().startswith(
        "theirs: theirs.csv, 1 of its 2 rows are about cases here (1 with another truth in the file); "
        "50.0 % of its 2 rows by its own truth (95 %: "
    )


def test_no_prediction_is_no_answer_and_an_unknown_one_is_invalid(tmp_path: Path) -> None:
    held = read(tmp_path, "id,prediction\nPAT_1_2_3,\nPAT_4_5_6,melanoma\n").held
    assert held["PAT_1_2_3"].outcome is Outcome.ABSTAINED
    assert (held["PAT_4_5_6"].outcome, held["PAT_4_5_6"].raw) == (Outcome.INVALID, "melanoma")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,answer\nPAT_1_2_3,NEV\n", r"theirs\.csv: no column for the prediction \(prediction, .*columns are id"),
        ("name,prediction\nPAT_1_2_3,NEV\n", "no column for the id"),
        ("id,prediction\nelsewhere,NEV\n", "none of its 1 rows is about a case of these; its first names 'elsewhere'"),
        ("id,prediction\nPAT_1_2_3,NEV\nPAT_1_2_3.png,NEV\n", "row 3: case 'PAT_1_2_3' has a prediction in an earlier"),
        ("id,prediction\nPAT_1_2_3,4\n", "row 2: 'prediction' is the number 4; name the labels in the order"),
        (
            "id,prediction,p_NEV\nPAT_1_2_3,NEV,1.5\n",
            "probabilities must lie in .0, 1. and sum to 1, not to 1.5",
        ),
        ("id,prediction,p_NEV\nPAT_1_2_3,NEV,nan\n", "row 2: probabilities must lie in"),
        (
            "id,prediction,p_NEV,p_ACK\nPAT_1_2_3,NEV,1,high\n",
            "row 2: the probability of .ACK. is .high., not a",
        ),
        ("id,prediction,p_NEV\nPAT_1_2_3,NEV,0.5x\n", "row 2: the probability of 'NEV' is '0.5x', not a number"),
        ("id,prediction,p_NEV,p_ACK\nPAT_1_2_3,NEV,.5,x\n", "row 2: the probability of 'ACK' is 'x', not a number"),
        ("id,prediction,p_NEV,p_ACK\nPAT_1_2_3,NEV,inf,-inf\n", "row 2: probabilities must lie in"),
        (f"id,prediction\n{'x' * 5000},NEV\n", "its first names 'x{50,200}…'$"),
        (f"id,prediction\nPAT_1_2_3,{'7' * 5000}\n", "'prediction' is the number 7{50,200}…; name the labels"),
    ],
)
def test_what_cannot_be_read_is_refused_in_one_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RunError, match=says) as refused:
        read(tmp_path, text)
    assert "\n" not in str(refused.value)


def test_a_number_beyond_the_named_labels_and_a_label_that_is_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"row 2: 'prediction' is 2; only 2 labels are named, from 0"):
        read(tmp_path, "id,prediction\nPAT_1_2_3,2\n", numbered=("NEV", "BCC"))
    with pytest.raises(RunError, match=r"row 2: 'prediction' is 7{50,200}…; only 2 labels are named, from 0"):
        read(tmp_path, f"id,prediction\nPAT_1_2_3,{'7' * 5000}\n", numbered=("NEV", "BCC"))
    assert read(tmp_path, f"id,prediction,p_{'7' * 5000}\nPAT_1_2_3,0,1\n", numbered=("NEV", "BCC")).held
    with pytest.raises(RunError, match=r"'MEL' is not a label of task 'diagnosis'"):
        read(tmp_path, "id,prediction\nPAT_1_2_3,2\n", numbered=("NEV", "MEL"))


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(st.sampled_from([*TRUTHS, "x"]), st.sampled_from([*LABELS, "", "other"])))
def test_every_row_about_a_case_is_held_as_it_stands(rows: dict[str, str]) -> None:
    wanted = {case_id: label for case_id, label in rows.items() if case_id in TRUTHS}
    assume(wanted)
    with TemporaryDirectory() as folder:
        text = "id,prediction\n" + "".join(f"{case_id},{label}\n" for case_id, label in rows.items())
        held = read(Path(folder), text).held
    assert {case_id: found.label or found.raw or "" for case_id, found in held.items()} == wanted


def test_it_is_asked_only_about_its_own_cases_and_compared_on_them(sample_base: CaseBase, tmp_path: Path) -> None:
    columns = sample_base.columns
    labels = columns.labels["location"]
    rows = [row for row, split in enumerate(columns.splits) if split == "test" and len(labels[row]) == 1]
    path = tmp_path / "theirs.csv"
    path.write_text("id,prediction\n" + "".join(f"{columns.case_ids[row]},{labels[row][0]}\n" for row in rows[:4]))
    truths = dict(zip(columns.case_ids, labels, strict=True))
    theirs = OutsidePredictions(path, "location", sample_base.task("location").labels, truths, name="theirs")
    majority = method("majority", sample_base, "location")
    done = evaluate(sample_base, "location", [majority, outside_arm(theirs)], tmp_path / "run")
    by_name = {summary.arm: summary for summary in done.results.summaries}
    assert (by_name["theirs"].n, by_name["theirs"].right) == (4, 4)
    assert by_name["majority"].n >= len(rows)
    assert [pair.n for pair in done.results.comparisons] == [4]
    assert done.plan.arms[1].cases == 4


def test_about_a_case_that_the_file_does_not_have_there_is_no_answer(tmp_path: Path) -> None:
    made = read(tmp_path, "id,prediction\nPAT_1_2_3,NEV\n")
    assert made.predict(Query(name="q", case_id="PAT_4_5_6")).outcome is Outcome.ERROR


PUBLISHED = {
    "zero_shot/PAD/CLIP-Large.csv": (0.384, 0.430),
    "zero_shot/PAD/DermLIP-PanDerm.csv": (0.625, 0.579),
    "zero_shot/PAD/DermFM-Zero.csv": (0.694, 0.653),
    "linear_probe/PAD_100pct/CLIP-Large_PAD/pad-lp-ws0.csv": (0.725, 0.719),
    "linear_probe/PAD_100pct/PanDerm_PAD/pad-lp-ws0.csv": (0.759, 0.777),
    "linear_probe/PAD_100pct/DermLIP-ViT-B-16_PAD/pad-lp-ws0.csv": (0.759, 0.785),
}


@pytest.mark.parametrize("file", PUBLISHED)
def test_published_predictions_have_their_published_accuracy(shared: Path, file: str) -> None:
    with (shared / "data" / "pad-ufes-20" / "records.csv").open(encoding="utf-8") as records:
        truths = {record["image_id"]: (record["diagnosis"],) for record in csv.DictReader(records)}
    labels = ("NEV", "BCC", "ACK", "SEK", "SCC", "MEL")
    path = shared / "data" / "dermfm-zero-pad" / "examples" / file
    made = OutsidePredictions(path, "diagnosis", labels, truths, numbered=labels)
    here = [prediction.label in truths[case_id] for case_id, prediction in made.held.items()]
    assert (made.rows, len(here), made.contradicted) == (461, 121, 0)
    assert (round(made.own_truth.right / 461, 3), round(sum(here) / 121, 3)) == PUBLISHED[file]

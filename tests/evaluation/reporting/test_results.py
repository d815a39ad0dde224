from __future__ import annotations

import json

import pytest
from statsmodels.stats.proportion import proportion_confint

from dermtools.evaluation.reporting.results import compare_runs, results
from dermtools.evaluation.reporting.table_file import table_markdown
from dermtools.evaluation.reporting.tables import credits, markdown, rows, seconds
from dermtools.evaluation.running.records import Record, RunError
from dermtools.evaluation.running.run import Run
from dermtools.evaluation.scoring import Target
from dermtools.prediction import Outcome, Prediction

PUBLISHED = {"adapter": 99, "gpt-4o": 147, "gpt-4.1": 156, "random-5": 152, "rag-5": 161}
N = 312


@pytest.fixture
def made(tmp_path, spec):
    """Write a run whose arms have so many right answers; every third case counts towards the group before it."""

    def make(right, n=N, folder="run", start=0, **changes):
        held = [Target(f"case-{k:03}", f"group-{k - (k % 3 == 2)}", ("back",)) for k in range(start, start + n)]
        with Run.writing(tmp_path / folder, spec(held, *right, **changes)) as (_, log):
            for place, (arm, count) in enumerate(right.items()):
                # Each arm is right elsewhere: steps of a number coprime to n scatter its right answers.
                order = sorted(range(n), key=lambda k: (k * (2 * place + 5) + 7 * place) % n)
                hits = set(order[:count])
                log.append([_record(arm, target, "back" if k in hits else "hand") for k, target in enumerate(held)])
        return Run.open(tmp_path / folder)

    return make


def _record(arm, target, label, outcome=Outcome.OK):
    prediction = Prediction(method=arm, task="location", label=label, outcome=outcome)
    return Record(
        arm=arm,
        case_id=target.case_id,
        group_id=target.group_id,
        truth=target.truth,
        prediction=prediction,
        latency_s=0.5,
    )


def test_the_published_table_to_the_digit_with_intervals_and_verdicts(made):
    """147 of 312 is 47.115 %: 47.12 rounded; the publication cut it to 47.11."""
    table = rows(results(made(PUBLISHED)))
    cells = {row[0]: dict(zip(table[0], row, strict=True)) for row in table[1:]}
    assert {arm: row["accuracy"] for arm, row in cells.items()} == {
        "adapter": "31.73 %",
        "gpt-4o": "47.12 %",
        "gpt-4.1": "50.00 %",
        "random-5": "48.72 %",
        "rag-5": "51.60 %",
    }
    # One case a patient would be Clopper and Pearson's interval; here most patients have several.
    for arm, right in PUBLISHED.items():
        low, high = (100 * side for side in proportion_confint(right, 312, method="beta"))
        inner, outer = map(float, cells[arm]["95 %"].split(" to "))
        assert inner < low + 0.05
        assert outer > high - 0.05
    assert {arm: row["against the best"] for arm, row in cells.items()} == {
        "adapter": "worse",
        "gpt-4o": "undecided",
        "gpt-4.1": "undecided",
        "random-5": "undecided",
        "rag-5": "best",
    }
    assert cells["rag-5"]["right"] == "161 of 312"


def test_what_is_undecided_is_said_in_words_with_what_could_have_been_shown(made):
    found = results(made(PUBLISHED))
    undecided = [pair.sentence for pair in found.comparisons if pair.verdict == "undecided"]
    assert len(undecided) == 6
    (sentence,) = (one for one in undecided if one.startswith("gpt-4.1 against rag-5"))
    assert "points or more with 80 % power" in sentence
    assert sum(pair.sentence.startswith("adapter is worse than") for pair in found.comparisons) == 4


def test_the_table_states_task_cases_groups_and_rule(made):
    text = table_markdown(results(made({"rag-5": 5}, n=9)))
    assert "Task location, 9 cases of 6 groups from the test split." in text
    assert "An answer is right when it is one of the case's labels" in text
    assert "not a diagnosis" in text


def test_errors_are_shown_and_stay_in_the_denominator(tmp_path, spec, targets):
    held = targets(4)
    with Run.writing(tmp_path / "run", spec(held, "m")) as (run, log):
        log.append([_record("m", held[0], "back"), _record("m", held[1], None, Outcome.ERROR)])
        log.append([_record("m", held[2], None, Outcome.INVALID), _record("m", held[3], "hand")])
    (summary,) = results(run).summaries
    assert (summary.right, summary.n, summary.accuracy) == (1, 4, 0.25)
    assert summary.unlabelled == {"invalid": 1, "error": 1}
    assert "1 invalid, 1 error" in table_markdown(results(run))


def test_an_unfinished_arm_says_so(tmp_path, spec, targets):
    held = targets(4)
    with Run.writing(tmp_path / "run", spec(held, "m")) as (run, log):
        log.append([_record("m", held[0], "back")])
    assert "m (unfinished: 1 of 4 cases)" in table_markdown(results(run))


def test_few_answers_lead_no_table_and_are_judged_on_the_cases_that_both_answered(tmp_path, spec, targets):
    """Predictions of another's model may be about a few easy cases, or about those it does better on."""
    held = targets(60)
    right = {"all": lambda k: k >= 24, "easy": lambda k: True, "few": lambda k: True}
    about = {"all": range(60), "easy": range(22, 24), "few": range(24)}
    with Run.writing(tmp_path / "run", spec(held, *right)) as (run, log):
        for arm, is_right in right.items():
            log.append([_record(arm, held[k], "back" if is_right(k) else "hand") for k in about[arm]])
    found = results(run)
    assert found.best.arm == "all"
    assert {arm: found.against_best(arm) for arm in right} == {"all": "best", "easy": "undecided", "few": "better"}


def test_methods_about_different_cases_are_not_compared_with_each_other(tmp_path, spec, targets):
    held = targets(8)
    with Run.writing(tmp_path / "run", spec(held, "all", "first", "last")) as (run, log):
        for arm, rows_of in {"all": held, "first": held[:4], "last": held[4:]}.items():
            log.append([_record(arm, target, "back") for target in rows_of])
    found = results(run)
    assert [(pair.first, pair.second, pair.n) for pair in found.comparisons] == [
        ("all", "first", 4),
        ("all", "last", 4),
    ]
    assert "first (4) and last (4)" in found.headline


def test_predictions_from_a_file_are_not_called_free(made):
    run = made({"a": 3, "b": 5}, n=9)
    assert "b costs least: nothing" in results(run).cheapest
    run.spec.arms["b"] |= {"file": "b.csv", "sha256": "0"}
    found = results(run)
    assert "a costs least: nothing" in found.cheapest
    head, *body = rows(found)
    assert [row[head.index("median latency")] for row in body] == ["500 ms", "–"]


def test_the_shares_beside_accuracy_have_their_intervals_too(tmp_path, spec):
    held = [Target(f"case-{k}", f"group-{k}", ("back",)) for k in range(4)]
    with Run.writing(tmp_path / "run", spec(held, "m")) as (run, log):
        log.append([_record("m", target, label) for target, label in zip(held, ("back", *["chest"] * 3), strict=True)])
    (one,) = results(run).summaries
    assert one.adjacent_accuracy is not None
    near = round(4 * one.adjacent_accuracy)
    worth = 4 * 5 / 6  # two pseudo-groups, of which one degree of freedom is spent
    low, high = proportion_confint(near / 4 * worth, worth, method="beta")
    assert (one.adjacent_interval.low, one.adjacent_interval.high) == pytest.approx((low, high))


def test_metrics_are_plain_json_and_the_same_every_time(made):
    run = made({"a": 3, "b": 5}, n=9)
    content = json.loads(results(run).to_json())
    assert content["arms"][0]["right"] == 3
    assert content["comparisons"][0]["verdict"] == "undecided"
    assert results(run).to_json() == results(run).to_json()


def test_a_run_without_answers_has_no_results(tmp_path, spec, targets):
    with Run.writing(tmp_path / "run", spec(targets(2), "m")) as (run, _):
        pass
    with pytest.raises(RunError, match="no answer yet"):
        results(run)


def test_runs_are_compared_on_the_cases_they_share(made):
    one = made({"a": 30, "b": 20}, n=60, folder="one")
    two = made({"a": 40, "c": 10}, n=60, folder="two", start=20)
    found = compare_runs([one, two])
    assert [summary.arm for summary in found.summaries] == ["a (one)", "b", "a (two)", "c"]
    assert {summary.n for summary in found.summaries} == {40}
    assert {pair.n for pair in found.comparisons} == {40}
    assert len(found.comparisons) == 6


def test_an_arm_that_answered_none_of_the_shared_cases_is_left_out(made):
    one = made({"a": 30, "b": 20}, n=60, folder="one")
    two = made({"a": 2}, n=3, folder="two", start=59)
    one = Run(one.path, one.spec, [r for r in one.records() if r.arm == "a" or r.case_id < "case-059"])
    assert [summary.arm for summary in compare_runs([one, two]).summaries] == ["a (one)", "a (two)"]


def test_runs_of_other_rules_or_without_shared_cases_are_not_compared(made):
    one = made({"a": 3}, n=9, folder="one")
    with pytest.raises(RunError, match="another rule"):
        compare_runs([one, made({"a": 3}, n=9, folder="two", rule="single")])
    with pytest.raises(RunError, match="share no case"):
        compare_runs([one, made({"a": 3}, n=9, folder="three", start=100)])


def test_cells_cannot_break_a_markdown_table():
    assert markdown([["a|b", "c"], ["1\n2", "3"]]) == "| a\\|b | c |\n| --- | --- |\n| 1 2 | 3 |"


def test_a_report_credits_the_sources_that_state_what_they_are_owed():
    owed = {"name": "ham", "notes": [], "licence": "CC BY-NC 4.0", "citation": "T 2018", "url": "https://a.example"}
    earlier = {"name": "old", "notes": ["licence in a note"]}  # as runs before there were such fields
    assert credits({"sources": [owed, earlier]}) == ["ham; T 2018; licence CC BY-NC 4.0; https://a.example"]
    assert credits({}) == []


@pytest.mark.parametrize(
    ("value", "text"), [(0.00042, "0.42 ms"), (0.0994, "99 ms"), (0.0996, "100 ms"), (0.5, "500 ms"), (1.5, "1.5 s")]
)
def test_durations_are_written_without_an_exponent(value, text):
    assert seconds(value) == text
    assert seconds(123.4) == "123 s"


def test_the_first_of_equals_is_not_said_to_be_right_most_often(tmp_path, spec, targets):
    held = targets(8)
    with Run.writing(tmp_path / "run", spec(held, "one", "other")) as (run, log):
        for arm in ("one", "other"):
            log.append([_record(arm, target, "back") for target in held])
    assert results(run).headline.startswith("one is right as often as any other, in 100.0 % of 8 cases")

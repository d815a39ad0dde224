"""Planted label errors are found and named; what cannot be judged is passed by."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import CaseColumns, StoredCase, schema, to_arrow
from dermtools.errors import MissingExtraError
from dermtools.retrieval.audit.label_report import TaskLabels
from dermtools.retrieval.audit.labels import check_labels

LABELS = ("arm", "ear", "face", "hand")
TASK = Task(name="location", question="Where?", labels=LABELS)
CENTRES = np.random.default_rng(7).standard_normal((4, 12))


def vector(number: int, place: int) -> np.ndarray:
    raw = CENTRES[place] + 0.3 * np.random.default_rng(number).standard_normal(12)
    return raw.astype(np.float32)


def rows(count: int = 90, **changed: tuple[str, ...]) -> list[StoredCase]:
    """Cases of three places that look alike, two a group of one place; `changed` names other labels by case id."""
    found = []
    for number in range(count):
        place = (0, 2, 3)[number // 2 % 3]
        given = changed.get(f"case{number}", (LABELS[place],))
        case = Case(
            case_id=f"case{number}", group_id=f"group{number // 2}", labels={"location": given} if given else {}
        )
        found.append(StoredCase(case, f"{number:064x}", vector(number, place), b"", 0, 0))
    return found


def checked(cases: list[StoredCase]) -> TaskLabels:
    columns = CaseColumns.held(1, ["location"], to_arrow(cases, schema(["location"], 12)))
    (report,) = check_labels(columns, np.stack([case.vector for case in cases]), {"location": LABELS})
    return report


def test_right_labels_are_not_doubted() -> None:
    report = checked(rows())
    assert (report.judged, report.right, report.most_frequent) == (90, 90, 30)
    assert (report.doubtful, report.unlike, report.unjudged) == ((), (), ())


def test_planted_errors_are_named_with_the_right_label_and_the_evidence() -> None:
    report = checked(rows(case0=("face",), case31=("hand",), case62=("arm",)))
    assert {one.case_id: (*one.labels, one.suggested) for one in report.doubtful} == {
        "case0": ("face", "arm"),
        "case31": ("hand", "arm"),
        "case62": ("arm", "face"),
    }
    for one in report.doubtful:
        assert one.score + one.probability <= 1 + 1e-9
        assert one.probability > 0.5
        assert one.neighbors == 15
        assert one.neighbors_suggested >= 13  # at most two of thirty that look like it are labelled otherwise
        assert one.neighbors_labelled <= 15 - one.neighbors_suggested
        assert not {f"case{int(one.case_id[4:]) ^ 1}", one.case_id} & set(one.nearest)
    assert any(one.confident for one in report.doubtful)
    assert [one.score for one in report.doubtful] == sorted(one.score for one in report.doubtful)


def test_one_of_several_labels_that_fits_is_enough() -> None:
    report = checked(rows(case0=("arm", "face"), case31=("face", "hand")))
    assert [(one.case_id, one.suggested) for one in report.doubtful] == [("case31", "arm")]


def test_unknown_labels_and_labels_of_few_groups_are_not_judged() -> None:
    report = checked(rows(case0=(), case1=(), case6=("ear",), case12=("ear",)))
    assert report.judged == 86
    assert report.unjudged == ("ear",)
    assert report.doubtful == ()


def test_like_pictures_with_other_labels_are_listed_within_a_group_and_beyond() -> None:
    cases = rows(case1=("face",))
    cases[1] = StoredCase(cases[1].case, cases[1].content_hash, cases[0].vector + np.float32(0.01), b"", 0, 0)
    far = cases[40].case.model_copy(update={"labels": {"location": ("ear",)}})
    cases[40] = StoredCase(far, cases[10].content_hash, cases[10].vector, b"", 0, 0)
    same, near = checked(cases).unlike
    assert (same.case_id, same.other, same.same_picture, same.distance) == ("case10", "case40", True, 0.0)
    assert (near.case_id, near.other, near.same_picture) == ("case0", "case1", False)
    assert (near.labels, near.other_labels) == (("arm",), ("face",))
    assert near.distance == pytest.approx(0.01 * 12**0.5, rel=1e-3)


def test_pictures_alike_with_the_same_labels_in_another_order_are_no_contradiction() -> None:
    cases = rows(case0=("arm", "face"), case1=("face", "arm"))
    cases[1] = StoredCase(cases[1].case, cases[1].content_hash, cases[0].vector, b"", 0, 0)
    assert checked(cases).unlike == ()


def test_a_copy_in_another_group_is_no_witness() -> None:
    """Copied ten times with the same wrong label, a picture would otherwise be its own majority."""
    cases = rows(case0=("face",))
    for copy in range(10):
        case = Case(case_id=f"copy{copy}", group_id=f"other{copy}", labels={"location": ("face",)})
        cases.append(StoredCase(case, cases[0].content_hash, cases[0].vector, b"", 0, 0))
    doubted = {one.case_id for one in checked(cases).doubtful}
    assert doubted >= {"case0", *(f"copy{copy}" for copy in range(10))}


@pytest.mark.parametrize("count", [0, 1, 8])
def test_too_few_cases_to_judge_are_none(count: int) -> None:
    assert (checked(rows(count)).judged if count else check_labels(*_nothing())[0].judged) == 0


def _nothing() -> tuple[CaseColumns, np.ndarray, dict[str, tuple[str, ...]]]:
    columns = CaseColumns.held(1, ["location"], to_arrow([], schema(["location"], 12)))
    return columns, np.empty((0, 12), np.float32), {"location": LABELS}


def test_vectors_that_are_not_finite_are_passed_by() -> None:
    cases = rows(case0=("face",))
    cases[31] = StoredCase(cases[31].case, cases[31].content_hash, np.full(12, np.nan, np.float32), b"", 0, 0)
    report = checked(cases)
    assert report.judged == 89
    assert [one.case_id for one in report.doubtful] == ["case0"]


def test_without_cleanlab_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    with pytest.raises(MissingExtraError, match=r"^cleanlab is not installed; run: pip install 'dermtools\[report\]'$"):
        checked(rows(4))

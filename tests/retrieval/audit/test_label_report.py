"""What a person reads of labels that seem wrong."""

from __future__ import annotations

from dermtools.retrieval.audit.label_report import DoubtfulLabel, TaskLabels, UnlikeLabels


def doubt(number: int) -> DoubtfulLabel:
    return DoubtfulLabel(
        case_id=f"case{number}",
        task="location",
        labels=("arm", "hand"),
        suggested="face",
        score=0.0123,
        probability=0.876,
        neighbors=15,
        neighbors_suggested=11,
        neighbors_labelled=2,
        nearest=("a", "b", "c", "d"),
        confident=True,
    )


def report(*doubts: DoubtfulLabel, right: int = 50, unlike: tuple[UnlikeLabels, ...] = ()) -> TaskLabels:
    return TaskLabels(
        task="location", judged=90, right=right, most_frequent=40, unjudged=("ear",), doubtful=doubts, unlike=unlike
    )


def test_a_doubt_says_what_instead_how_sure_and_why() -> None:
    assert doubt(3).line() == (
        "case3: arm|hand -> face, score 0.012; 11 of 15 neighbours (2 as labelled), classifier 0.88; "
        "nearest a, b, c, ..."
    )


def test_pairs_say_how_near_they_are() -> None:
    pair = UnlikeLabels(
        case_id="a",
        other="b",
        task="location",
        labels=("arm",),
        other_labels=("face",),
        distance=0.25,
        same_picture=False,
    )
    assert pair.line() == "a: arm = b: face (distance 0.25)"
    assert pair.model_copy(update={"same_picture": True}).line() == "a: arm = b: face (the same picture)"


def test_the_first_of_a_list_are_shown_and_the_rest_counted() -> None:
    lines = report(*map(doubt, range(5))).lines(2)
    assert lines[0] == "task location: 90 cases judged, 50 labelled so by the classifier too"
    assert lines[1] == "  not judged, labels of too few groups: ear"
    assert lines[2] == "  doubtful labels: 5"
    assert [line.strip().partition(":")[0] for line in lines[3:5]] == ["case0", "case1"]
    assert lines[5] == "    and 3 more; --out FILE and --json have them all"
    assert lines[6] == "  like pictures, other labels: none"


def test_a_classifier_that_knows_no_more_than_the_frequencies_is_told() -> None:
    assert "the most frequent label alone has 40, so its doubts say little" in report(right=40).lines(2)[0]

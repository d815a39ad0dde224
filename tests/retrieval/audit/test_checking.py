"""A check names every fault that was planted, and nothing in a case base without faults."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import Case, Task
from dermtools.cases.columns import StoredCase
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.store import CaseStore
from dermtools.retrieval.audit.checking import check
from dermtools.retrieval.audit.report import CheckReport

DIMENSION = 16
LOCATION = Task(name="location", question="Where?", labels=("face", "hand"))
DIAGNOSIS = Task(name="diagnosis", question="What?", labels=("melanoma", "naevus"))
SPLITS = ("train", "valid", "test")


def jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "tan").save(out, "JPEG")
    return out.getvalue()


JPEG = jpeg()


def vector(number: int) -> np.ndarray:
    raw = np.random.default_rng(number).standard_normal(DIMENSION)
    return (raw / np.linalg.norm(raw)).astype(np.float32)


def row(number: int, **changes: object) -> StoredCase:
    """Case `number` of a faultless set: groups of two, ten cases of every label in every split."""
    own = {"content_hash": f"{number:064x}", "vector": vector(number), "jpeg": JPEG, "width": 640, "height": 480}
    own["picture_hash"] = np.random.default_rng(number).bytes(32)
    own |= {name: changes.pop(name) for name in list(changes) if name in own}
    case = {
        "case_id": f"case{number}",
        "group_id": f"group{number // 2}",
        "split": SPLITS[number // 2 % 3],
        "labels": {"location": (LOCATION.labels[number % 2],), "diagnosis": (DIAGNOSIS.labels[number % 2],)},
        "attributes": {"fitzpatrick": 1 + number % 6},
    }
    return StoredCase(Case(**(case | changes)), **own)


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., CheckReport]:
    """The report on the faultless set with some rows replaced or added."""

    def make(*changed: StoredCase, normalized: bool = True) -> CheckReport:
        identity = EmbedderIdentity(
            name="drawn", revision="1", preprocessing="none", dimension=DIMENSION, normalized=normalized
        )
        store = CaseStore.create(
            tmp_path / "base", embedder_spec="drawn", identity=identity, tasks=(LOCATION, DIAGNOSIS)
        )
        rows = {number.case.case_id: number for number in [*(row(number) for number in range(60)), *changed]}
        store.add(list(rows.values()))
        return check(store)

    return make


def kinds(report: CheckReport) -> set[str]:
    return {finding.kind for finding in report.findings}


def test_a_case_base_without_faults_has_no_findings(checked: Callable[..., CheckReport]) -> None:
    report = checked()
    assert report.findings == ()
    assert (report.cases, report.groups) == (60, 30)
    assert report.lines()[0] == "nothing wrong or doubtful was found"


def test_the_same_picture_under_two_ids(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(0, content_hash="a" * 64), row(6, content_hash="a" * 64, labels=row(0).case.labels))
    assert kinds(report) == {"duplicate"}
    assert report.of("duplicate")[0].cases == (("case0", "case6"),)


def test_the_same_picture_in_two_splits_is_called_a_leak(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(0, content_hash="a" * 64), row(2, content_hash="a" * 64))
    leak = report.of("duplicate-across-splits")[0]
    assert (leak.severity, leak.cases) == ("error", (("case0", "case2"),))
    assert "leak" in leak.message
    assert report.findings[0] == leak


def test_the_same_picture_with_other_labels(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(0, content_hash="a" * 64), row(7, content_hash="a" * 64, vector=vector(0)))
    assert report.of("conflicting-labels")[0].cases == (("case0", "case7"),)


def test_nearly_the_same_picture(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(6, vector=vector(0) + np.float32(1e-4)))
    assert kinds(report) == {"near-duplicate"}
    assert report.of("near-duplicate")[0].cases == (("case0", "case6"),)


def test_nearly_the_same_picture_in_two_splits_is_called_a_leak(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(2, vector=vector(0) + np.float32(1e-4)))
    leak = report.of("near-duplicate-across-splits")[0]
    assert (leak.severity, leak.cases) == ("error", (("case0", "case2"),))
    assert "leak" in leak.message


def test_a_group_in_two_splits_is_called_a_leak(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(1, split="test"))
    assert kinds(report) == {"group-across-splits"}
    assert report.findings[0].cases == (("case0", "case1"),)
    assert "leak" in report.findings[0].message


def test_tiny_pictures(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(5, width=2000, height=223), row(6, width=224, height=224))
    assert kinds(report) == {"tiny-picture"}
    assert report.findings[0].cases == (("case5",),)


@pytest.mark.parametrize("broken", [b"", b"no picture", JPEG[: len(JPEG) // 2]])
def test_stored_pictures_that_no_longer_decode(checked: Callable[..., CheckReport], broken: bytes) -> None:
    report = checked(row(5, jpeg=broken))
    assert kinds(report) == {"unreadable-picture"}
    assert report.findings[0].cases == (("case5",),)


def test_vectors_without_the_promised_norm(checked: Callable[..., CheckReport]) -> None:
    assert checked(row(5, vector=2 * vector(5))).of("bad-vector")[0].cases == (("case5",),)


def test_vectors_need_no_norm_where_none_is_promised(checked: Callable[..., CheckReport]) -> None:
    assert checked(row(5, vector=2 * vector(5)), normalized=False).findings == ()


def test_vectors_that_are_not_finite(tmp_path: Path, checked: Callable[..., CheckReport]) -> None:
    checked()
    # Lance does not take such vectors, so damage the file that holds them.
    (file,) = (tmp_path / "base" / "cases.lance" / "data").iterdir()
    content, good = file.read_bytes(), vector(5).tobytes()
    assert content.count(good) == 1
    file.write_bytes(content.replace(good, np.full(DIMENSION, np.nan, np.float32).tobytes()))
    report = check(CaseStore.open(tmp_path / "base"))
    assert kinds(report) == {"bad-vector"}
    assert report.findings[0].cases == (("case5",),)


def test_rare_labels_and_labels_that_a_split_lacks(checked: Callable[..., CheckReport]) -> None:
    few = [row(number, labels={"location": ("face",), "diagnosis": ("naevus",)}) for number in range(60)]
    few[2] = row(2, labels={"location": ("face", "hand"), "diagnosis": ("naevus", "melanoma")})
    report = checked(*few)
    assert kinds(report) == {"rare-label", "label-missing-from-split"}
    assert "hand 1" in report.of("rare-label")[0].message
    missing = {finding.message for finding in report.of("label-missing-from-split")}
    assert any("task location" in message and "in train: hand" in message for message in missing)
    assert any("task diagnosis" in message and "in test: melanoma" in message for message in missing)
    assert not any("in valid" in message for message in missing)
    assert report.of("label-missing-from-split")[0].severity == "warning"


def test_cases_without_labels_or_split(checked: Callable[..., CheckReport]) -> None:
    report = checked(row(60, split=None, labels={"location": ("face",)}))
    assert kinds(report) == {"unlabelled", "no-split"}
    assert "task diagnosis, cases without a label: 1" in report.of("unlabelled")[0].message


def test_skin_tones_and_sites_are_counted_with_the_share_unknown(checked: Callable[..., CheckReport]) -> None:
    report = checked(*(row(number, attributes={"Skin_Tone": "dark"} if number < 6 else {}) for number in range(60)))
    assert [(counts.name, counts.counts, counts.unknown) for counts in report.skin_tones] == [
        ("Skin_Tone", {"dark": 6}, 54)
    ]
    assert [(counts.name, counts.counts, counts.unknown) for counts in report.sites] == [
        ("location", {"face": 30, "hand": 30}, 0)
    ]
    assert "skin tone, Skin_Tone: dark 6; unknown 54 (90%)" in report.lines()


def test_it_is_said_when_skin_tone_is_not_recorded(checked: Callable[..., CheckReport]) -> None:
    report = checked(*(row(number, attributes={}) for number in range(60)))
    assert kinds(report) == {"not-recorded"}


def test_an_empty_case_base_can_be_checked(tmp_path: Path) -> None:
    identity = EmbedderIdentity(name="d", revision="1", preprocessing="-", dimension=3, normalized=True)
    report = check(CaseStore.create(tmp_path / "base", embedder_spec="d", identity=identity))
    assert report.cases == 0
    assert CheckReport.model_validate_json(report.model_dump_json()) == report

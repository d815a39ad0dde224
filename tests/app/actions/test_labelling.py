"""The labels of a task, counted against a count case by case, and maps that do what their preview says."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from dermtools.app.actions.editing import RestoreArguments, restore
from dermtools.app.actions.labelling import LabelsArguments, MapArguments, labels, map_apply, map_preview
from dermtools.app.session import AppSession
from dermtools.errors import QueryError, SourceError
from dermtools.retrieval import CaseBase


@pytest.fixture
def session(photograph_base: Path, tmp_path: Path) -> AppSession:
    copy = shutil.copytree(photograph_base, tmp_path / "copy")
    return AppSession(case_base=CaseBase.open(copy))


def rules(given: dict[str, str], task: str = "diagnosis") -> MapArguments:
    return MapArguments.model_validate({"task": task, "rules": [{"old": o, "new": n} for o, n in given.items()]})


def listed(session: AppSession) -> dict[str, Any]:
    told = labels(session, LabelsArguments(task="diagnosis"), None)  # type: ignore[arg-type]
    json.dumps(told, allow_nan=False)
    return told


def counted(session: AppSession) -> Counter[str]:
    return Counter(label for case in session.opened.cases() for label in case.labels.get("diagnosis", ()))


def test_each_label_has_its_cases_splits_groups_and_the_condition_that_finds_them(session: AppSession) -> None:
    told = {one["label"]: one for one in listed(session)["labels"]}
    assert {label: one["cases"] for label, one in told.items()} == counted(session)
    for label, one in told.items():
        cases = [case for case in session.opened.cases() if label in case.labels["diagnosis"]]
        assert session.opened.cases(one["where"]) == cases
        assert one["splits"] == Counter(case.split or "" for case in cases)
        assert one["groups"] == len({case.group_id for case in cases})
    assert told["ACK"]["gloss"] == "actinic keratosis"


def test_labels_of_near_spelling_and_for_a_missing_value_are_marked(session: AppSession) -> None:
    first, second, third = session.opened.columns.case_ids[:3]
    changes = {first: {"diagnosis": ("bcc",)}, second: {"diagnosis": ("unknown",)}, third: {"diagnosis": ()}}
    session.opened.relabel(changes, new_labels=True)
    told = listed(session)
    assert told["doubtful"] == {"missing": ["unknown"], "alike": [["BCC", "bcc"]], "similar": []}
    assert told["unknown"] == 1


@pytest.mark.parametrize(
    ("given", "gone"),
    [({"NEV": "nevus"}, {"NEV"}), ({"BCC": "carcinoma", "SCC": "carcinoma"}, {"BCC", "SCC"}), ({"SEK": ""}, {"SEK"})],
    ids=["renamed", "joined", "dropped"],
)
def test_a_map_does_what_its_preview_says_and_is_undone(
    session: AppSession, given: dict[str, str], gone: set[str]
) -> None:
    case_base = session.opened
    before, held = case_base.cases(), counted(session)
    task = next(task for task in case_base.store.manifest.tasks if task.name == "diagnosis")
    seen = map_preview(session, rules(given), None)  # type: ignore[arg-type]
    assert case_base.cases() == before
    expected = Counter({label: count for label, count in held.items() if label not in gone})
    for old, new in given.items():
        expected.update({new: held[old]} if new else {})
    assert seen["counts"] == expected
    assert seen["changed"] == sum(held[label] for label in gone)
    done = map_apply(session, rules(given), None)  # type: ignore[arg-type]
    assert done.changed == seen["changed"]
    assert counted(session) == expected
    after = next(task for task in case_base.store.manifest.tasks if task.name == "diagnosis")
    assert set(after.labels) == set(expected)
    restore(session, RestoreArguments(version=done.before, present=done.version), None)  # type: ignore[arg-type]
    assert case_base.cases() == before
    assert task in case_base.store.manifest.tasks


def test_a_label_without_a_case_is_renamed_in_the_set_alone_and_that_is_undone(session: AppSession) -> None:
    case_base = session.opened
    (case_id, *_) = case_base.columns.case_ids
    with case_base.store.write():
        tasks = case_base.store.manifest.tasks
        wide = tuple(
            task.model_copy(update={"labels": tuple(sorted({*task.labels, "LENTIGO"}))})
            if task.name == "diagnosis"
            else task
            for task in tasks
        )
        case_base.store.update_manifest(tasks=wide)
    before = case_base.cases()
    done = map_apply(session, rules({"LENTIGO": "lentigo simplex"}), None)  # type: ignore[arg-type]
    assert (done.changed, case_base.cases()) == (0, before)
    assert {one["label"]: one["cases"] for one in listed(session)["labels"]}["lentigo simplex"] == 0
    restore(session, RestoreArguments(version=done.before, present=done.version), None)  # type: ignore[arg-type]
    assert "LENTIGO" in [one["label"] for one in listed(session)["labels"]]
    assert case_base.case(case_id) == next(case for case in before if case.case_id == case_id)


def test_rules_that_cannot_be_done_are_one_line_and_change_nothing(session: AppSession) -> None:
    before = session.opened.version
    with pytest.raises(SourceError, match="write the final label in both"):
        map_apply(session, rules({"NEV": "MEL", "MEL": "NEV"}), None)  # type: ignore[arg-type]
    everything = dict.fromkeys(counted(session), "")
    with pytest.raises(SourceError, match="no label of task 'diagnosis' is left"):
        map_preview(session, rules(everything), None)  # type: ignore[arg-type]
    with pytest.raises(QueryError, match="no task 'diagnose'"):
        map_preview(session, rules({"NEV": "MEL"}, "diagnose"), None)  # type: ignore[arg-type]
    assert "no label 'NVE'" in map_preview(session, rules({"NVE": "MEL"}), None)["problems"][0]  # type: ignore[arg-type]
    assert session.opened.version == before

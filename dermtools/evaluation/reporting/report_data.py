"""What the report page's script works on: answers, cases, pictures and their places on the map, as plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dermtools.evaluation.statistics.metrics import confusion
from dermtools.images import data_url, encode_jpeg, open_image
from dermtools.text import bounded

if TYPE_CHECKING:
    from dermtools.evaluation.reporting.projection import CaseMap
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.running.run import Run
    from dermtools.retrieval import CaseBase

THUMBNAIL_SIDE = 128
THUMBNAIL_QUALITY = 60
MOST_PICTURES = 4000
"""Pictures on one page, about 3 KB each; cases that were asked about come first, then exemplars, then the rest."""
LONGEST_ATTRIBUTE = 24
"""Characters; longer values are references rather than facts about a patient."""
MOST_RAW = 600
"""Characters of a raw reply that the page shows."""
_CHUNK = 256


def page_data(run: Run, case_base: CaseBase, layout: CaseMap) -> dict[str, Any]:
    """Everything that the page shows on demand. Pictures are small JPEGs without metadata, as data URLs."""
    task = run.spec.task.name
    answers = run.answers()
    shown = [
        *(target.case_id for target in run.spec.targets),
        *(exemplar.case_id for record in answers.values() for exemplar in record.prediction.exemplars),
        *layout.case_ids,
    ]
    known = case_base.columns.row_of
    ids = [case_id for case_id in dict.fromkeys(shown) if case_id in known]
    cases = {case_id: _case(case_base, case_id, task) for case_id in ids}
    return {
        "labels": list(run.spec.task.labels),
        "arms": [_arm(run, name, answers) for name in run.spec.arms],
        "cases": cases,
        "map": {
            "method": layout.method,
            "places": {
                case_id: [float(x), float(y)] for case_id, (x, y) in zip(layout.case_ids, layout.places, strict=True)
            },
        },
        "pictures": thumbnails(case_base, ids[:MOST_PICTURES]),
    }


def thumbnails(case_base: CaseBase, case_ids: Sequence[str]) -> dict[str, str]:
    """Case id to a small picture as a `data:` URL."""
    found = {}
    for start in range(0, len(case_ids), _CHUNK):
        for case_id, jpeg in case_base.jpegs(case_ids[start : start + _CHUNK]).items():
            picture = open_image(jpeg, min_side=THUMBNAIL_SIDE, name=case_id)
            found[case_id] = data_url(encode_jpeg(picture, max_side=THUMBNAIL_SIDE, quality=THUMBNAIL_QUALITY))
    return found


def _case(case_base: CaseBase, case_id: str, task: str) -> dict[str, Any]:
    case = case_base.case(case_id)
    return {
        "group": case.group_id,
        "split": case.split,
        "truth": list(case.labels.get(task, ())),
        "attributes": {
            name: str(value) for name, value in case.attributes.items() if len(str(value)) <= LONGEST_ATTRIBUTE
        },
    }


def _arm(run: Run, name: str, answers: Mapping[tuple[str, str], Record]) -> dict[str, Any]:
    records = [record for (arm, _), record in answers.items() if arm == name]
    scored = next((one for one in run.scored() if one.name == name), None)
    if scored is None:
        return {"name": name, "confusion": None, "answers": {}}
    counts = confusion(scored, run.spec.task.labels)
    rights = dict(zip((target.case_id for target in scored.targets), scored.right, strict=True))
    truths = dict(zip((target.case_id for target in scored.targets), scored.truth, strict=True))
    return {
        "name": name,
        "confusion": {"labels": list(counts.labels), "counts": counts.counts.tolist()},
        "answers": {
            record.case_id: _answer(record, bool(rights[record.case_id]), truths[record.case_id]) for record in records
        },
    }


def _answer(record: Record, right: bool, counted_as: str) -> dict[str, Any]:
    prediction = record.prediction
    raw = prediction.raw or ""
    return {
        "label": prediction.label,
        "outcome": prediction.outcome.value,
        "right": right,
        "truth": counted_as,
        "confidence": prediction.confidence,
        "reason": prediction.reason,
        "raw": bounded(raw, MOST_RAW),
        "exemplars": [
            {"id": exemplar.case_id, "distance": exemplar.distance, "labels": list(exemplar.labels)}
            for exemplar in prediction.exemplars
        ],
    }

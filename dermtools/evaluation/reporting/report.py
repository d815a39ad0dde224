"""From a finished evaluation to what people look at: `report.html`, complete in itself, and the figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dermtools.cases.attributes import visible
from dermtools.evaluation.reporting import fetching_table, tables
from dermtools.evaluation.reporting.figures import write_figures
from dermtools.evaluation.reporting.page_templates import page_templates
from dermtools.evaluation.reporting.projection import CaseMap, Projection, case_map
from dermtools.evaluation.running.differences import asked_with, prompt_path
from dermtools.evaluation.statistics.metrics import confusion
from dermtools.files import write_whole
from dermtools.images import data_url, encode_jpeg, open_image
from dermtools.images.limits import STORED
from dermtools.text import bounded

if TYPE_CHECKING:
    from pathlib import Path

    from dermtools.cases.case import Case, Task
    from dermtools.evaluation.reporting.results import Results
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.running.run import Run
    from dermtools.evaluation.scoring import Scored
    from dermtools.prediction import Prediction
    from dermtools.retrieval import CaseBase

THUMBNAIL_SIDE = 128
THUMBNAIL_QUALITY = 60
MOST_PICTURES = 4000
"""Pictures on one page, about 3 KB each; cases that were asked about come first, then exemplars, then the rest."""
LONGEST_ATTRIBUTE = 24
"""Characters; longer values are references rather than facts about a patient."""
MOST_RAW = 2000
"""Characters of a raw reply that the page shows."""
_CHUNK = 256


def publish(run: Run, found: Results, case_base: CaseBase, *, projection: Projection = "auto") -> list[Path]:
    """Write `report.html` and, where matplotlib is installed (extra `report`), `figures/` into the run's folder.

    The page shows the analyses of `found` where it has them; `projection` is how the map is laid out, `none` draws
    none.

    Raises:
        QueryError: a case of the run is no longer in the case base, or no such projection.
        MissingExtraError: UMAP is asked for and not installed.
    """
    asked, kept = {target.case_id for target in run.spec.targets}, run.path / "map.json"
    layout = case_map(case_base, projection=projection, seed=run.spec.seed, kept=kept, asked=asked)
    page = write_report(run, found, case_base, layout)
    return [page, *write_figures(run, found, layout)]


def write_report(run: Run, found: Results, case_base: CaseBase, layout: CaseMap) -> Path:
    """Write `report.html` into the run's folder: no network, no other file. See `publish`; `layout` is the map."""
    page = page_templates().get_template("report.html.j2")
    text = page.render(
        results=found,
        spec=run.spec,
        rows=tables.rows(found, costs=False),
        caption=tables.caption(run.spec),
        method_text=tables.method_text(len(found.comparisons)),
        comparison_rows=tables.comparison_rows(found),
        stability_rows=tables.stability_rows(found),
        stability_text=tables.STABILITY_TEXT,
        fetching_rows=fetching_table.fetching_rows(found),
        fetching_text=[fetching_table.A_CASE, *fetching_table.fetching_basis(found)],
        could_show=tables.COULD_SHOW.replace("`", ""),
        prompts=_prompts(run),
        data=_page_data(run, case_base, layout),
        cases=len(case_base),
        mapped=bool(layout.case_ids),
    )
    path = run.path / "report.html"
    write_whole(path, text, within=run.path)
    return path


def _prompts(run: Run) -> list[dict[str, Any]]:
    """The prompt files that the run keeps, with the arms that were asked by each."""
    asked: dict[tuple[str, str], list[str]] = {}
    for arm in run.spec.compared:
        if prompt := asked_with(run, arm):
            asked.setdefault(prompt, []).append(arm)
    kept = {one: path for one in asked if (path := prompt_path(run.path, *one)).is_file()}
    return [
        {"name": name, "text": path.read_text(encoding="utf-8"), "arms": asked[name, content]}
        for (name, content), path in kept.items()
    ]


def _page_data(run: Run, case_base: CaseBase, layout: CaseMap) -> dict[str, Any]:
    """Everything that the page shows on demand. Pictures are small JPEGs without metadata, as data URLs."""
    answers = run.answers()
    shown = [
        *(target.case_id for target in run.spec.targets),
        *(exemplar.case_id for record in answers.values() for exemplar in record.prediction.exemplars),
        *layout.case_ids,
    ]
    known, places = case_base.columns.row_of, zip(layout.case_ids, layout.places.tolist(), strict=True)
    ids = [case_id for case_id in dict.fromkeys(shown) if case_id in known]
    scored, seen = {one.name: one for one in run.scored()}, case_base.attributes.shown
    return {
        "labels": list(run.spec.task.labels),
        "arms": [_arm(name, scored.get(name), answers, run.spec.task) for name in run.spec.compared],
        "cases": {case_id: _case(visible(case_base.case(case_id), seen), run.spec.task.name) for case_id in ids},
        "map": {"method": layout.caption, "places": dict(places)},
        "pictures": _thumbnails(case_base, ids[:MOST_PICTURES]),
    }


def _thumbnails(case_base: CaseBase, case_ids: Sequence[str]) -> dict[str, str]:
    """Case id to a small picture as a `data:` URL."""
    found = {}
    for start in range(0, len(case_ids), _CHUNK):
        for case_id, jpeg in case_base.store.jpegs(case_ids[start : start + _CHUNK]).items():
            if not jpeg:
                continue
            picture = open_image(jpeg, min_side=THUMBNAIL_SIDE, limits=STORED, name=case_id)
            found[case_id] = data_url(encode_jpeg(picture, max_side=THUMBNAIL_SIDE, quality=THUMBNAIL_QUALITY))
    return found


def _case(case: Case, task: str) -> dict[str, Any]:
    attributes = {name: str(value) for name, value in case.attributes.items()}
    return {
        "group": case.group_id,
        "split": case.split,
        "truth": list(case.labels.get(task, ())),
        "attributes": {name: value for name, value in attributes.items() if len(value) <= LONGEST_ATTRIBUTE},
    }


def _arm(name: str, scored: Scored | None, answers: Mapping[tuple[str, str], Record], task: Task) -> dict[str, Any]:
    if scored is None:
        return {"name": name, "confusion": None, "answers": {}}
    counts = confusion(scored, task.labels)
    return {
        "name": name,
        "confusion": {"labels": list(counts.labels), "counts": counts.counts.tolist()},
        "answers": {
            target.case_id: _answer(answers[name, target.case_id].prediction, bool(right), truth)
            for target, right, truth in zip(scored.targets, scored.right, scored.truth, strict=True)
        },
    }


def _answer(prediction: Prediction, right: bool, counted_as: str) -> dict[str, Any]:
    return {
        "label": prediction.label,
        "outcome": prediction.outcome.value,
        "right": right,
        "truth": counted_as,
        "confidence": prediction.confidence,
        "reason": prediction.reason,
        "raw": bounded(prediction.raw or "", MOST_RAW),
        "exemplars": [
            {"id": exemplar.case_id, "distance": exemplar.distance, "labels": list(exemplar.labels)}
            for exemplar in prediction.exemplars
        ],
    }

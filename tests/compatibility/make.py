"""The recipe of `made/`: a case base, classifiers and a run as commit 005d146 wrote them, and what it answered.

    git worktree add /tmp/earlier 005d146
    PYTHONPATH=/tmp/earlier python tests/compatibility/make.py

Made in /tmp/dermtools-compat, the only absolute path in it, and copied to `made/`. It uses public names only, so that
`answers` asks a later version the same things. What is not as a user would make it, for the sake of size: pictures of
96 pixels, and networks 32 wide instead of 512 (`adapter.json` says how wide, and reading follows it). Of the platform
only the word Linux is kept in `run.json`.
"""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Sequence
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import Any

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from PIL import Image

from dermtools.adapter import (
    AdapterConfig,
    FusionMethod,
    LinearProbeConfig,
    MajorityMethod,
    VectorClassifierMethod,
    load_classifier,
    save_classifier,
    task_data,
    train,
)
from dermtools.cases.sources.sample import load_sample
from dermtools.evaluation import Arm, Evaluation, evaluate, prompted_arm
from dermtools.prediction import Method, Prediction
from dermtools.prompting import PromptedMethod, chain_for, read_prompt
from dermtools.retrieval import CaseBase, KNNVote, Neighbors

MADE = Path(__file__).parent / "made"
PROMPT = Path(__file__).parent / "compatibility.yaml"
NEUTRAL = Path("/tmp/dermtools-compat")
PIXELS = 96
NARROW = 32


def make(folder: Path) -> None:
    """A case base of several writes and a deletion, three classifiers, a run, and their answers."""
    from dermtools.adapter import networks

    networks.new_network.__kwdefaults__["hidden"] = NARROW
    case_base = CaseBase.create(folder / "case-base", embedder="descriptor")
    sample = load_sample(patients=14)
    cases = tuple(replace(case, image=_small(case.image)) for case in sample.cases)
    case_base.add(replace(sample, cases=cases[:30]))
    case_base.delete([cases[3].case.case_id])
    case_base.add(replace(sample, cases=cases[30:]))
    for task, config in (
        ("location", AdapterConfig(epochs=3, conv="features")),
        ("location", LinearProbeConfig()),
        ("diagnosis", AdapterConfig(epochs=3, conv="channels")),
    ):
        save_classifier(case_base.path, train(case_base.store, task, config))
    (folder / "query.jpg").write_bytes(_small(load_sample(seed=7, patients=1).cases[0].image))
    run(folder)
    described = json.loads((folder / "run" / "run.json").read_text(encoding="utf-8"))
    described["versions"]["platform"] = "Linux"
    (folder / "run" / "run.json").write_text(json.dumps(described, indent=1) + "\n", encoding="utf-8")
    (folder / "answers.json").write_text(json.dumps(answers(folder), indent=1) + "\n", encoding="utf-8")


def run(folder: Path) -> Evaluation:
    """Evaluate into `run`, or resume it: four local methods, and one that asks a scripted model."""
    case_base = CaseBase.open(folder / "case-base")
    model = FakeListChatModel(responses=["back"])
    # The case base was called `base` here once.
    name = "base" if "base" in signature(chain_for).parameters else "case_base"
    chain = chain_for("rag-2", model=model, task="location", prompt=read_prompt(PROMPT), **{name: case_base})
    arms: list[Arm | Method] = [
        *_methods(case_base, "location")[:4],
        prompted_arm(PromptedMethod(chain), "made-up:one"),
    ]
    return evaluate(case_base, "location", arms, folder / "run", accept_unknown_price=True)


def answers(folder: Path) -> dict[str, Any]:
    """What a case base, its classifiers and a run say, as JSON."""
    case_base = CaseBase.open(folder / "case-base")
    ids = case_base.columns.case_ids
    queries = {case_id: case_base.query(case_id=case_id) for case_id in ids[::4]}
    methods = [*_methods(case_base, "location"), *_methods(case_base, "diagnosis", probe=False)]
    first = ids[0]
    return {
        "info": {name: value for name, value in case_base.info().items() if name != "path"},
        "cases": {case_id: case_base.case(case_id).model_dump(mode="json") for case_id in ids},
        "searches": {
            **{case_id: _found(case_base.search(query=query, k=5)) for case_id, query in queries.items()},
            "a picture": _found(case_base.search(folder / "query.jpg", k=5)),
            "a filter": _found(case_base.search(case_id=first, where="fitzpatrick >= 3 AND split = 'train'")),
            "one a group": _found(case_base.search(case_id=first, max_per_group=1)),
            "mmr": _found(case_base.search(case_id=first, diversity="mmr")),
            "balanced": _found(case_base.search(case_id=first, diversity="balanced", task="location")),
            "no guard": _found(case_base.search(case_id=first, leak_guard=False)),
        },
        "predictions": {
            f"{method.task} by {method.name}": {
                case_id: _said(prediction)
                for case_id, prediction in zip(queries, method.predict_many(list(queries.values())), strict=True)
            }
            for method in methods
        },
        "metrics": json.loads((folder / "run" / "metrics.json").read_text(encoding="utf-8")),
    }


def _methods(case_base: CaseBase, task: str, *, probe: bool = True) -> list[Method]:
    data = task_data(case_base.store, task)
    adapter = VectorClassifierMethod(load_classifier(case_base.store, task, "adapter"))
    vote = KNNVote(case_base, task, 3)
    methods: list[Method] = [MajorityMethod.fit(data), vote, adapter]
    if probe:
        methods.append(VectorClassifierMethod(load_classifier(case_base.store, task, "linear-probe")))
    return [*methods, FusionMethod.fit([adapter, vote], data)]


def _found(neighbors: Neighbors) -> Sequence[tuple[str, float]]:
    return [(neighbor.case.case_id, neighbor.distance) for neighbor in neighbors]


def _said(prediction: Prediction) -> dict[str, Any]:
    return prediction.model_dump(mode="json", exclude={"method", "task"})


def _small(image: object) -> bytes:
    assert isinstance(image, bytes)
    out = io.BytesIO()
    Image.open(io.BytesIO(image)).resize((PIXELS, PIXELS)).save(out, "JPEG", quality=70)
    return out.getvalue()


if __name__ == "__main__":
    shutil.rmtree(NEUTRAL, ignore_errors=True)
    NEUTRAL.mkdir(parents=True)
    make(NEUTRAL)
    shutil.rmtree(MADE, ignore_errors=True)
    # Locks and the cached index are made anew wherever the case base lies.
    shutil.copytree(NEUTRAL, MADE, ignore=shutil.ignore_patterns(".lock", "*.lock", "cache"))

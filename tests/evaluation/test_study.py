from __future__ import annotations

import html
import re

import pytest
from langchain_core.language_models import FakeListChatModel

from dermtools.errors import QueryError
from dermtools.evaluation import Arm, Study, grid, prompted_arms, run_study
from dermtools.prompting import chat_model
from dermtools.retrieval import KNNVote
from tests.support.openai_service import serving


def test_a_grid_has_every_combination_and_none_that_means_the_same():
    assert grid(shots=(0, 5), order=("nearest-last", "nearest-first")) == [
        {"shots": 0},
        {"shots": 5, "order": "nearest-last"},
        {"shots": 5, "order": "nearest-first"},
    ]


@pytest.mark.parametrize("axes", [{}, {"shots": ()}])
def test_a_study_of_nothing_is_refused(axes):
    with pytest.raises(QueryError):
        grid(**axes)


def test_a_study_gives_a_table_and_a_curve(sample_base, tmp_path):
    def vote(setting):
        return Arm("any", KNNVote(sample_base, "location", k=setting["k"]))

    study = run_study(sample_base, "location", [{"k": k} for k in (1, 3, 5)], vote, tmp_path / "run")
    (curve,) = study.curves("k")
    assert [point.value for point in curve.points] == [1, 3, 5]
    assert [point.summary.arm for point in curve.points] == ["k 1", "k 3", "k 5"]
    table = (tmp_path / "run" / "study.md").read_text()
    assert "| k | right | accuracy |" in table
    assert table.count("\n| ") == 5
    assert [effect.values for effect in study.effects] == [(1, 3, 5)]
    assert table.startswith(f"- {study.effects[0].sentence}")
    assert "against the best" not in table
    page, curves = study.publish()
    assert curves["k"].read_bytes()[:4] == b"\x89PNG"
    assert study.effects[0].sentence in html.unescape(page.read_text())
    drawn = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', page.read_text())
    assert [float(y) for _, y in drawn] == [round(260 - 240 * point.summary.accuracy, 1) for point in curve.points]
    assert Study.of(study.evaluation).settings == study.settings
    with pytest.raises(QueryError, match="did not vary 'size'; it varied k"):
        study.curves("size")


def test_shots_order_diversity_and_size_reach_the_wire(sample_base, tmp_path):
    seen = []
    settings = grid(shots=(0, 2), order=("nearest-last", "nearest-first"), size=(64, 256))
    settings.append({"shots": 2, "diversity": "mmr"})
    with serving(lambda path, picture: seen.append(len(picture)) or "hand") as service:
        chat = chat_model("openai:gpt-4.1", base_url=service.url(), timeout=120)
        arm_for = prompted_arms(sample_base, "location", chat, "openai:gpt-4.1")
        study = run_study(sample_base, "location", settings, arm_for, tmp_path / "run", limit=2)
        assert service.calls.total() == 2 * len(settings)
    facts = study.evaluation.run.spec.arms
    assert facts["shots 2, order nearest-first, size 64"]["order"] == "nearest-first"
    assert facts["shots 0, size 64"]["method"] == "zero-shot"
    assert facts["shots 2, diversity mmr"]["method"] == "rag-mmr-2"
    assert max(seen) > 2 * min(seen), "smaller pictures were sent for the smaller size"
    assert [(curve.name, [point.value for point in curve.points]) for curve in study.curves("shots")] == [
        ("order nearest-last, size 64", [0, 2]),
        ("order nearest-last, size 256", [0, 2]),
        ("order nearest-first, size 64", [0, 2]),
        ("order nearest-first, size 256", [0, 2]),
        ("diversity mmr", [2]),
    ]


def test_what_is_the_same_in_every_arm_reaches_those_it_means_something_to(sample_base):
    arm_for = prompted_arms(sample_base, "location", FakeListChatModel(responses=["hand"]), "openai:gpt-4.1", seed=7)
    assert arm_for({"shots": 3, "diversity": "random", "order": "nearest-first"}).facts["seed"] == 7
    assert "seed" not in arm_for({"shots": 0}).facts


def test_an_axis_that_cannot_be_varied_is_refused(sample_base):
    arm_for = prompted_arms(sample_base, "location", None, "openai:gpt-4.1")
    with pytest.raises(QueryError, match="cannot vary temperature"):
        arm_for({"temperature": 1})

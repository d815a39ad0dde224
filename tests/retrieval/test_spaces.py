"""Which space an embedder opens, and what is said of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dermtools.errors import CaseBaseError
from dermtools.retrieval import CaseBase
from tests.support.mean_colour import IDENTITY, MeanColour


@pytest.fixture(scope="module")
def base_path(small_source, tmp_path_factory):
    path = tmp_path_factory.mktemp("spaces") / "base"
    case_base = CaseBase.create(path, embedder="descriptor")
    case_base.add(small_source)
    case_base.reembed(MeanColour())
    return path


def test_an_embedder_or_its_spec_opens_its_space(base_path, small_source):
    by_embedder, by_spec = (CaseBase.open(base_path, embedder=one) for one in (MeanColour(), "mean-colour"))
    own = CaseBase.open(base_path)
    assert by_embedder.identity == by_spec.identity == IDENTITY
    assert own.identity.name == "descriptor"
    assert by_spec.columns.case_ids == own.columns.case_ids
    pictures = [item.image for item in small_source.cases]
    by_hand = [np.linalg.norm(a - by_spec.vectors[4]) for a in by_spec.vectors]
    own_patient = {4, 5}
    expected = sorted((d, i) for i, d in enumerate(by_hand) if i not in own_patient)[:3]
    for view in (by_embedder, by_spec):
        found = view.search(case_id="c04", k=3)
        assert [neighbor.case.case_id for neighbor in found] == [f"c{i:02d}" for _, i in expected]
        assert [neighbor.distance for neighbor in found] == pytest.approx([d for d, _ in expected], rel=1e-4)
    # A picture from outside is embedded by it, too, and its own patient stays away.
    assert by_embedder.search(pictures[4], k=1).notes[0].startswith("leak guard: 2 cases")


def test_its_own_embedder_opens_the_case_base_itself(base_path):
    assert CaseBase.open(base_path, embedder="descriptor").store.own_folder == base_path


def test_an_embedder_without_a_space_is_refused_with_the_command_that_makes_one(base_path):
    other = MeanColour()
    other.identity = IDENTITY.model_copy(update={"revision": "2"})
    with pytest.raises(CaseBaseError, match=r"made with descriptor .*dermtools reembed .*base --embedder mean-colour"):
        CaseBase.open(base_path, embedder=other)


def test_spaces_are_described(base_path):
    (space,) = CaseBase.open(base_path).spaces()
    assert (space["cases"], space["missing"]) == (18, 0)
    assert space["embedder"] == {"spec": "mean-colour", **IDENTITY.model_dump()}
    assert (base_path / "spaces" / space["name"]).is_dir()
    assert CaseBase.open(base_path, embedder="mean-colour").spaces() == [space]


def test_cases_that_came_after_are_told_in_one_line(small_base, small_source):
    small_base.reembed(MeanColour())
    view = CaseBase.open(small_base.path, embedder=MeanColour())
    assert not any("not embedded" in note for note in view.search(case_id="c00", k=1).notes)
    small_base.delete(["c03"])
    assert "c03" not in view.columns.row_of
    small_base.add(replace(small_source, cases=small_source.cases[3:4]))
    note = view.search(case_id="c00", k=1).notes[-1]
    assert note.startswith("1 cases not embedded yet by mean-colour; run: dermtools reembed ")
    with pytest.raises(CaseBaseError, match="for reading only"):
        view.add(small_source)

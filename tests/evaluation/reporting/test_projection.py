from __future__ import annotations

import signal
import subprocess
from contextvars import copy_context

import numpy as np
import pytest

from dermtools.errors import QueryError, StoppedError
from dermtools.evaluation.reporting import projection
from dermtools.evaluation.reporting.projection import _principal_components, case_map
from dermtools.stops import Stop


def test_a_map_has_a_place_for_every_case_and_is_the_same_again(sample_base):
    first, second = (case_map(sample_base, projection="pca", seed=1) for _ in range(2))
    assert first.places.shape == (len(sample_base), 2)
    assert first.places.min() == 0
    assert first.places.max() == 1
    assert list(first.case_ids) == sample_base.columns.case_ids
    assert np.array_equal(first.places, second.places)


def test_a_kept_map_is_taken_again_only_where_it_fits(sample_base, tmp_path):
    kept = tmp_path / "map.json"
    first = case_map(sample_base, projection="pca", seed=1, kept=kept)
    text = kept.read_text().replace(str(first.places[0, 0]), "0.123456", 1)
    kept.write_text(text)
    assert case_map(sample_base, projection="pca", seed=1, kept=kept).places[0, 0] == 0.123456
    assert case_map(sample_base, projection="pca", seed=2, kept=kept).places[0, 0] == first.places[0, 0]


def test_a_large_case_base_is_sampled_with_the_cases_asked_about_first_and_the_caption_says_so(sample_base):
    ids = sample_base.columns.case_ids
    asked = ids[::10]
    found = case_map(sample_base, asked=asked, most=len(asked) + 5)
    assert set(asked) < set(found.case_ids)
    assert list(found.case_ids) == [case_id for case_id in ids if case_id in set(found.case_ids)]
    assert found.caption == f"principal components, {len(asked) + 5} of {len(ids)} cases"
    assert case_map(sample_base).caption == "principal components"


def test_principal_components_are_those_of_scikit_learn(sample_base):
    pca = pytest.importorskip("sklearn.decomposition", reason="scikit-learn is not installed").PCA(2)
    places = case_map(sample_base).places
    expected = pca.fit_transform(np.asarray(sample_base.vectors, dtype=np.float64))
    for axis in range(2):
        assert abs(np.corrcoef(places[:, axis], expected[:, axis])[0, 1]) > 0.999


def test_more_cases_than_dimensions_and_fewer_give_the_same_axes(sample_base):
    vectors = np.asarray(sample_base.vectors)[:, :20]
    assert len(vectors) > 20
    wide = np.column_stack([vectors, np.zeros((len(vectors), len(vectors)))])
    tall, other = _principal_components(vectors), _principal_components(wide)
    assert np.allclose(np.abs(tall), np.abs(other), atol=1e-6)


def test_a_map_that_there_is_not_is_refused_and_none_is_empty(sample_base):
    with pytest.raises(QueryError, match=r"no map 'tsne'; .*there are: auto, umap, pca, none"):
        case_map(sample_base, projection="tsne")
    assert len(case_map(sample_base, projection="none").places) == 0


@pytest.mark.parametrize("content", ["", "[]", '{"made_of": 1}', "\x00"])
def test_a_damaged_map_is_made_again(sample_base, tmp_path, content):
    kept = tmp_path / "map.json"
    kept.write_text(content)
    assert len(case_map(sample_base, projection="pca", kept=kept).places) == len(sample_base)


def test_a_large_case_base_is_laid_out_along_the_axes_of_a_part_of_it(sample_base, monkeypatch):
    whole = case_map(sample_base).places
    monkeypatch.setattr(projection, "FITTED", len(sample_base) // 2)
    found = case_map(sample_base)
    assert found.caption == f"principal components, fitted on {len(sample_base) // 2} of them"
    assert abs(np.corrcoef(found.places[:, 0], whole[:, 0])[0, 1]) > 0.95


class _Watcher:
    def __init__(self):
        self.told, self.done = [], 0

    def start(self, total, description):
        self.told.append((total, description))

    def advance(self, n=1):
        self.done += n


def test_umap_repeats_itself_under_a_seed_places_the_cases_that_it_was_not_fitted_on_and_tells_its_epochs(
    sample_base, monkeypatch
):
    pytest.importorskip("umap", reason="umap-learn is not installed")
    monkeypatch.setattr(projection, "FITTED", len(sample_base) // 2)
    watcher = _Watcher()
    first, second = (case_map(sample_base, projection="umap", seed=3, progress=watcher) for _ in range(2))
    assert first.method == "UMAP"
    assert len({tuple(place) for place in first.places}) > len(sample_base) // 2
    assert np.array_equal(first.places, second.places)
    assert watcher.told[0] == (500, "Laying out with UMAP")
    assert watcher.done == sum(total for total, _ in watcher.told)


def test_the_process_of_umap_ends_with_a_call_that_is_stopped(sample_base, monkeypatch):
    pytest.importorskip("umap", reason="umap-learn is not installed")
    stop, started, real = Stop(), [], subprocess.Popen

    def starts(*arguments, **options):
        started.append(real(*arguments, **options))
        stop.ask()
        return started[0]

    monkeypatch.setattr(subprocess, "Popen", starts)

    def laid_out():
        stop.begin()
        with pytest.raises(StoppedError):
            case_map(sample_base, projection="umap")

    copy_context().run(laid_out)
    assert started[0].returncode == -signal.SIGKILL

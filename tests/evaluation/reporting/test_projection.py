from __future__ import annotations

import numpy as np
import pytest

from dermtools.evaluation.reporting.projection import case_map


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


@pytest.mark.parametrize("content", ["", "[]", '{"made_of": 1}', "\x00"])
def test_a_damaged_map_is_made_again(sample_base, tmp_path, content):
    kept = tmp_path / "map.json"
    kept.write_text(content)
    assert len(case_map(sample_base, projection="pca", kept=kept).places) == len(sample_base)


def test_umap_repeats_itself_under_a_seed(sample_base):
    pytest.importorskip("umap", reason="umap-learn is not installed")
    first, second = (case_map(sample_base, projection="umap", seed=3) for _ in range(2))
    assert first.method == "UMAP"
    assert np.array_equal(first.places, second.places)

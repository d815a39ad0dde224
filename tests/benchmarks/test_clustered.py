"""Drawn vectors against what was measured of real embeddings, and that a sample is the same whenever it is drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.clustered import GROUPS_A_CHUNK, Clustered, Isotropic, drawn, figures, written


def test_clustered_vectors_lie_as_real_embeddings_do() -> None:
    found = figures(drawn(Clustered(), 650, per_group=2), np.arange(650) // 2)
    assert 0.70 <= found["norm of the mean"] <= 0.79
    assert 45 <= found["directions of 80 % of the variance"] <= 95
    assert 1.0 <= found["decay of eigenvalues 2 to 150"] <= 1.3
    assert 0.63 <= found["nearest of others / median"] <= 0.71
    assert 17 <= found["local dimension"] <= 23
    assert 0.54 <= found["same patient / median"] <= 0.85


def test_isotropic_vectors_have_no_near_and_far() -> None:
    found = figures(drawn(Isotropic(256), 650), np.arange(650) // 3)
    assert found["nearest of others / median"] > 0.85
    assert found["norm of the mean"] < 0.1


def test_a_file_holds_the_same_sample_chunk_by_chunk(tmp_path: Path) -> None:
    count = 3 * GROUPS_A_CHUNK + 5
    kept = written(tmp_path / "v.npy", Clustered(8, seed=3), count)
    again = drawn(Clustered(8, seed=3), count)
    assert np.array_equal(np.load(tmp_path / "v.npy"), again)
    assert np.array_equal(kept, again)
    assert np.allclose(np.linalg.norm(again, axis=1), 1, atol=1e-6)
    assert not np.array_equal(again[:9], drawn(Clustered(8, seed=3), 9, sample=1))
    assert not np.array_equal(again[:9], drawn(Clustered(8, seed=4), 9))

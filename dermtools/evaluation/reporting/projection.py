"""A map of the case base: embeddings laid out in the plane, so that like lies near like."""

from __future__ import annotations

import importlib.util
import json
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from dermtools.errors import require_extra
from dermtools.files import write_whole
from dermtools.strict_json import parsed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.retrieval import CaseBase

Projection = Literal["auto", "umap", "pca"]
"""`auto` takes UMAP where umap-learn is installed, else principal components."""
NEIGHBORS = 15


@dataclass(frozen=True, eq=False)
class CaseMap:
    """Where each case lies, in no unit that means anything."""

    method: str
    """`UMAP` or `principal components`."""
    case_ids: Sequence[str]
    places: NDArray[np.float64]
    """Shape (n, 2), each coordinate in [0, 1]."""


def case_map(
    case_base: CaseBase, *, projection: Projection = "auto", seed: int = 0, kept: Path | None = None
) -> CaseMap:
    """Lay out all cases of a case base; the same seed gives the same map.

    `kept` is a file to keep the map in, and to take it from where it fits.
    """
    umap = projection == "umap" or (projection == "auto" and importlib.util.find_spec("umap") is not None)
    chosen = "umap" if umap and len(case_base) > 4 else "pca"
    made_of = {"projection": chosen, "seed": seed, "version": case_base.version, "cases": len(case_base)}
    if kept is not None and (existing := _read(kept, made_of)) is not None:
        return existing
    vectors = case_base.vectors
    places = _umap(vectors, seed) if chosen == "umap" else _principal_components(vectors)
    low, high = places.min(axis=0), places.max(axis=0)
    places = np.round((places - low) / np.where(high > low, high - low, 1), 4)
    found = CaseMap("UMAP" if chosen == "umap" else "principal components", case_base.columns.case_ids, places)
    if kept is not None:
        content = {"made_of": made_of, "method": found.method, "case_ids": found.case_ids, "places": places.tolist()}
        write_whole(kept, json.dumps(content), within=kept.parent)
    return found


def _read(path: Path, made_of: dict[str, object]) -> CaseMap | None:
    try:
        content = parsed(path.read_bytes())
        if content["made_of"] != made_of:
            return None
        return CaseMap(content["method"], content["case_ids"], np.array(content["places"], dtype=np.float64))
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it can be made again


def _umap(vectors: NDArray[np.float32], seed: int) -> NDArray[np.float64]:
    """McInnes, Healy, Melville 2018, "UMAP: Uniform Manifold Approximation and Projection"."""
    with warnings.catch_warnings():
        # About its own inner workings (a missing TensorFlow, threads under a seed), nothing to act on.
        warnings.simplefilter("ignore")
        umap = require_extra("umap", "report")
        layout = umap.UMAP(n_neighbors=min(NEIGHBORS, len(vectors) - 1), random_state=seed, n_jobs=1)
        return np.asarray(layout.fit_transform(np.asarray(vectors)), dtype=np.float64)


def _principal_components(vectors: NDArray[np.float32]) -> NDArray[np.float64]:
    centered = np.asarray(vectors, dtype=np.float64) - vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(centered, full_matrices=False)
    axes = axes[:2]
    # The sign of a component is arbitrary: fix it, so that the map is the same everywhere.
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    places = centered @ axes.T
    return places if places.shape[1] == 2 else np.column_stack([places, np.zeros(len(places))])

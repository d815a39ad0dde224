"""A map of the case base: embeddings laid out in the plane, so that like lies near like."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from dermtools.errors import QueryError, require_extra
from dermtools.evaluation.reporting.umap_process import umap_places
from dermtools.files import write_whole
from dermtools.strict_json import parsed
from dermtools.text import instead

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dermtools.progress import Progress
    from dermtools.retrieval import CaseBase

Projection = Literal["auto", "umap", "pca", "none"]
"""`auto` takes principal components: UMAP is compiled anew by each process, which takes longer than most runs."""
MOST_POINTS = 5000
"""Cases on a map of a run; those asked about come first, then others drawn at random."""
FITTED = 20_000
"""Cases that the axes, or UMAP, are fitted on at most; the others are put in. UMAP then sees `REDUCED` components."""
REDUCED = 50


@dataclass(frozen=True, eq=False)
class CaseMap:
    """Where each case lies, in no unit that means anything."""

    method: str
    """`UMAP`, `principal components`, or `none`: no map, and no case."""
    case_ids: Sequence[str]
    places: NDArray[np.float64]
    """Shape (n, 2), each coordinate in [0, 1]."""
    cases: int
    """Cases that it was drawn from."""

    @property
    def caption(self) -> str:
        """How it was made, in words."""
        sampled = f", {len(self.case_ids):,} of {self.cases:,} cases" if len(self.case_ids) < self.cases else ""
        fitted = f", fitted on {FITTED:,} of them" if len(self.case_ids) > FITTED else ""
        return self.method + sampled + fitted


NO_MAP = CaseMap("none", (), np.empty((0, 2)), 0)


def check_projection(projection: str) -> None:
    """Refuse a way of laying out that there is not, or not here.

    Raises:
        QueryError: no such projection.
        MissingExtraError: UMAP, and umap-learn is not installed.
    """
    if projection not in get_args(Projection):
        raise QueryError(f"no map {projection!r}; {instead(projection, get_args(Projection))}")
    if projection == "umap" and importlib.util.find_spec("umap") is None:
        require_extra("umap", "report")


def case_map(
    case_base: CaseBase,
    *,
    projection: Projection = "auto",
    seed: int = 0,
    kept: Path | None = None,
    asked: Collection[str] = (),
    most: int = MOST_POINTS,
    progress: Progress | None = None,
) -> CaseMap:
    """Lay out the cases of a case base, `most` of them; the same seed gives the same map.

    `kept` is a file to keep the map in, and to take it from where it fits; `asked` are the cases that come first.
    UMAP runs in a process of its own, which tells `progress` and ends where the call is stopped (`dermtools.stops`).

    Raises:
        QueryError: no such projection.
        MissingExtraError: UMAP is asked for and not installed.
    """
    check_projection(projection)
    if projection == "none":
        return NO_MAP
    chosen, ids = "umap" if projection == "umap" and len(case_base) > 4 else "pca", case_base.columns.case_ids
    rows = _sampled(ids, asked, most, seed)
    marked = hashlib.sha256("\0".join(ids[row] for row in rows).encode()).hexdigest()
    made_of = {"projection": chosen, "seed": seed, "version": case_base.version, "cases": marked}
    if kept is not None and (existing := _read(kept, made_of)) is not None:
        return existing
    vectors = case_base.vectors[rows]
    places = _umap(vectors, seed, progress) if chosen == "umap" else _principal_components(vectors)
    low, high = places.min(axis=0), places.max(axis=0)
    places = np.round((places - low) / np.where(high > low, high - low, 1), 4)
    method = "UMAP" if chosen == "umap" else "principal components"
    found = CaseMap(method, [ids[row] for row in rows], places, len(ids))
    if kept is not None:
        told = {"method": method, "of": found.cases, "case_ids": found.case_ids, "places": places.tolist()}
        write_whole(kept, json.dumps({"made_of": made_of, **told}), within=kept.parent)
    return found


def _sampled(ids: Sequence[str], asked: Collection[str], most: int, seed: int) -> NDArray[np.intp]:
    """Rows of at most so many cases, in order: those asked about, then others at random."""
    order = np.random.default_rng(seed).permutation(len(ids))
    first = set(asked)
    behind = np.array([ids[row] not in first for row in order], dtype=np.bool_)
    return np.sort(order[np.argsort(behind, kind="stable")][:most])


def _read(path: Path, made_of: dict[str, object]) -> CaseMap | None:
    try:
        content = parsed(path.read_bytes())
        if content["made_of"] != made_of:
            return None
        places = np.array(content["places"], dtype=np.float64)
        return CaseMap(content["method"], content["case_ids"], places, content["of"])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # it can be made again


def _umap(vectors: NDArray[np.float32], seed: int, progress: Progress | None) -> NDArray[np.float64]:
    if len(vectors) > FITTED:
        vectors = _principal_components(vectors, REDUCED).astype(np.float32)
    return umap_places(vectors, seed, fitted=FITTED, progress=progress)


def _principal_components(vectors: NDArray[np.float32], count: int = 2) -> NDArray[np.float64]:
    fitted = np.array(vectors[:: -(-len(vectors) // FITTED)], dtype=np.float64)
    mean = fitted.mean(axis=0)
    fitted -= mean
    if len(fitted) > fitted.shape[1]:
        # Of the covariance: many times as fast where there are more cases than numbers in a vector.
        axes = np.linalg.eigh(fitted.T @ fitted).eigenvectors.T[::-1][:count]
    else:
        axes = np.linalg.svd(fitted, full_matrices=False).Vh[:count]
    # The sign of a component is arbitrary: fix it, so that the map is the same everywhere.
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    parts = range(0, len(vectors), FITTED)
    places = np.concatenate([(vectors[start : start + FITTED] - mean) @ axes.T for start in parts])
    missing = count - places.shape[1]
    return np.pad(places, ((0, 0), (0, missing))) if missing else places

"""What is measured at every size: whole commands, each as a fresh process over a case base that was grown before."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.scale.bases import TASK, case_id, grown
from benchmarks.scale.measuring import DERMTOOLS, Until, answered, listed
from benchmarks.scale.sources import predicted, table_with_vectors, with_pictures

MAP = (
    "import sys; from dermtools.retrieval import CaseBase; "
    "from dermtools.evaluation.reporting.projection import case_map; "
    "case_map(CaseBase.open(sys.argv[1]), projection='pca')"
)
ADD = (
    "import sys, pyarrow.csv, numpy; from dermtools import CaseBase; from dermtools.embedding import GivenVectors; "
    "base = CaseBase.create(sys.argv[3], embedder=GivenVectors('clustered', 1024, normalized=True)); "
    "base.add(pyarrow.csv.read_csv(sys.argv[1]), vectors=numpy.load(sys.argv[2], mmap_mode='r'))"
)
SECOND, LISTED = 1.5, 1.0
LINEAR = 1.1


@dataclass(frozen=True)
class Place:
    """Where one size is measured."""

    folder: Path
    cases: int

    @property
    def base(self) -> Path:
        """The case base, grown where it is not there; nothing but indexes is written into it."""
        return grown(self.folder / f"base-{self.cases}", self.cases)

    @property
    def indexed(self) -> Path:
        """The same with an index."""
        path = self.folder / f"indexed-{self.cases}"
        return path if path.exists() else linked(self.base, path)

    @property
    def scratch(self) -> Path:
        """A path where nothing is."""
        path = self.folder / f"scratch-{self.cases}"
        shutil.rmtree(path, ignore_errors=True)
        return path

    @property
    def asked(self) -> str:
        """A case in the middle."""
        return case_id(self.cases // 2)


def linked(base: Path, to: Path) -> Path:
    """A second case base of the same files: none is ever written into, all are replaced."""
    shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(base, to, copy_function=os.link)
    return to


@dataclass(frozen=True)
class Part:
    """One thing that is measured."""

    name: str
    command: Callable[[Place], Sequence[object]]
    until: Until | None = None
    most: int = 10**9
    """Cases beyond which it is not measured."""
    at_a_million: float | None = None
    """Seconds that it may take there."""
    exponent: float | None = None
    """Growth of its time that is allowed."""
    needs_index: bool = False

    def arguments(self, place: Place) -> list[str]:
        """The whole command line; what it works on is made before."""
        return [str(one) for one in self.command(place)]


def _tool(name: str, path: Path, *more: object) -> Sequence[object]:
    return (*DERMTOOLS, name, path, *more)


def _python(code: str, *more: object) -> Sequence[object]:
    return (sys.executable, "-c", code, *more)


def _deletion(place: Place) -> Sequence[object]:
    return _tool("delete", linked(place.base, place.scratch), "--case", place.asked, "--yes")


def _first_search(place: Place) -> Sequence[object]:
    fresh = linked(place.base, place.scratch)
    shutil.rmtree(fresh / "cache", ignore_errors=True)
    return _tool("search", fresh, "--case", place.asked)


def _evaluation(place: Place) -> Sequence[object]:
    given = [f"{name}={predicted(place.folder, place.cases, name)}" for name in ("one", "other")]
    tables = [part for one in given for part in ("--predictions", one)]
    return _tool("evaluate", place.base, "--task", TASK, "--methods", "majority", *tables, "--out", place.scratch)


def _votes(place: Place) -> Sequence[object]:
    methods = ("--methods", "majority,knn-vote-5", "--limit", "500", "--map", "none")
    return _tool("evaluate", place.base, "--task", TASK, *methods, "--out", place.scratch)


def _training(place: Place) -> Sequence[object]:
    return _tool("train", linked(place.base, place.scratch), "--task", TASK, "--kind", "linear-probe")


def _ingest_pictures(place: Place) -> Sequence[object]:
    return _tool("ingest", with_pictures(place.folder, place.cases), place.scratch, "--embedder", "descriptor")


def _ingest_both(place: Place) -> Sequence[object]:
    source = with_pictures(place.folder, place.cases)
    return _tool("ingest", source, place.scratch, "--vectors", "vector", "--identity", "clustered")


def _ingest_vectors(place: Place) -> Sequence[object]:
    table, vectors = table_with_vectors(place.folder, place.cases)
    return _tool("ingest", table, place.scratch, "--vectors", vectors, "--identity", "clustered")


def _add_vectors(place: Place) -> Sequence[object]:
    return _python(ADD, *table_with_vectors(place.folder, place.cases), place.scratch)


PARTS = (
    Part("ingest vectors", _ingest_vectors, exponent=LINEAR),
    Part("add vectors, Python", _add_vectors, exponent=LINEAR),
    Part("ingest vectors, pictures", _ingest_both, exponent=LINEAR, most=100_000),
    Part("ingest pictures, descriptor", _ingest_pictures, exponent=LINEAR, most=10_000),
    Part("info", lambda at: _tool("info", at.base), at_a_million=SECOND),
    Part("cases", lambda at: _tool("cases", at.base), at_a_million=SECOND),
    Part("mcp, tools/list", lambda at: _tool("mcp", at.base), until=listed, at_a_million=LISTED),
    Part("app, first cases", lambda at: _tool("app", at.base, "--port", "0", "--no-browser"), until=answered),
    Part("search, exact", lambda at: _tool("search", at.base, "--case", at.asked)),
    Part("search, the first", _first_search),
    Part(
        "search, where",
        lambda at: _tool("search", at.base, "--case", at.asked, "--where", "site = 'face' and age > 40"),
    ),
    Part("index", lambda at: _tool("index", at.indexed), exponent=LINEAR, needs_index=True),
    Part(
        "search, index",
        lambda at: _tool("search", at.indexed, "--case", at.asked),
        at_a_million=SECOND,
        exponent=1.0,
        needs_index=True,
    ),
    Part("classify, knn-vote-5", lambda at: _tool("classify", at.base, "--task", TASK, "--case", at.asked)),
    Part("train linear-probe", _training, most=100_000),
    Part("map, PCA of a sample", lambda at: _python(MAP, at.base)),
    Part("evaluate, own work", _evaluation, exponent=LINEAR),
    Part("evaluate, 500 votes", _votes),
    Part("check", lambda at: _tool("check", at.base), exponent=LINEAR),
    Part("delete", _deletion),
)

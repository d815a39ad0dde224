"""The evaluations below one folder, by name; each is read once while it stays as it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.evaluation import Run
    from dermtools.evaluation.reporting.results import Results


@dataclass(frozen=True, eq=False)
class ReadRun:
    """A run, and what it says."""

    name: str
    run: Run
    results: Results
    analyses: dict[str, Any] | None
    """As `metrics.json` keeps them, of the case base as it was then; None where there are none."""


@dataclass(eq=False)
class Runs:
    """Of one folder, or of none. Safe for threads."""

    folder: Path | None
    _read: dict[Path, tuple[tuple[float, ...], ReadRun]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def listed(self) -> dict[str, Path]:
        """Name to folder, newest first; a QueryError where no folder was named."""
        from dermtools.evaluation.running.listing import runs_below

        if self.folder is None:
            raise QueryError("no folder of evaluations was named; start with one: dermtools app CASEBASE --runs DIR")
        return runs_below(self.folder)

    def read(self, name: str) -> ReadRun:
        """A run by its name in the listing, and never by a path.

        Raises:
            QueryError: there is none of that name.
            RunError: it is damaged, or holds no answer yet.
        """
        from dermtools.evaluation import Run, results

        listed = self.listed()
        if name not in listed:
            raise QueryError(f"no evaluation {name!r} in the folder; {instead(name, listed)}")
        path = listed[name]
        stamp = tuple(
            file.stat().st_mtime if file.is_file() else 0.0
            for file in (path / "run.json", path / "predictions.jsonl", path / "metrics.json")
        )
        with self._lock:
            held = self._read.get(path)
            if held is None or held[0] != stamp:
                run = Run.open(path)
                held = self._read[path] = (stamp, ReadRun(name, run, results(run), _analyses(path)))
            return held[1]


def _analyses(path: Path) -> dict[str, Any] | None:
    from dermtools.strict_json import parsed

    try:
        return parsed((path / "metrics.json").read_bytes()).get("analyses") or None
    except (OSError, ValueError, AttributeError):
        return None

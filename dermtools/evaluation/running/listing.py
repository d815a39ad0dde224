"""The runs that lie in a folder, by names that need no path."""

from __future__ import annotations

from pathlib import Path

from dermtools.evaluation.running.records import RunError

DEPTH = 3
"""Folders down that runs are looked for."""


def runs_below(folder: Path) -> dict[str, Path]:
    """Name to folder of each run: of the folder itself where it is one, else of those below it; newest first.

    Links are not followed.

    Raises:
        RunError: there is no such folder, or it cannot be read.
    """
    if (folder / "run.json").is_file():
        return {folder.name: folder}
    try:
        found = list(_below(folder, DEPTH))
    except OSError as error:
        raise RunError(f"{folder} cannot be looked through for runs: {error.strerror}") from error
    return {path.relative_to(folder).as_posix(): path for path in sorted(found, key=last_written, reverse=True)}


def last_written(run: Path) -> float:
    """When the last answer of a run came, seconds since 1970; of one without answers, when it was begun."""
    answers = run / "predictions.jsonl"
    return (answers if answers.is_file() else run / "run.json").stat().st_mtime


def _below(folder: Path, depth: int) -> list[Path]:
    found = []
    for entry in folder.iterdir():
        if entry.name.startswith(".") or entry.is_symlink() or not entry.is_dir():
            continue
        if (entry / "run.json").is_file():
            found.append(entry)
        elif depth > 1:
            found += _below(entry, depth - 1)
    return found

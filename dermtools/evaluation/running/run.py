"""A run: the folder that holds one evaluation, and may be gone on with after any interruption."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dermtools.cases.case import Task
from dermtools.evaluation.running.records import Record, RecordLog, RunError, read_records, write_records
from dermtools.evaluation.scoring import Rule, Scored, Target, score
from dermtools.files import write_whole

FORMAT = 1
_PACKAGES = ("dermtools", "numpy", "torch", "faiss-cpu", "lancedb", "pillow", "langchain", "langchain-core")


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "platform": platform.platform()}
    for package in _PACKAGES:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


class RunSpec(BaseModel):
    """Everything needed to repeat a run: `run.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = FORMAT
    task: Task
    rule: Rule
    split: str | None
    seed: int
    limit: int | None = Field(default=None, description="cases drawn from the split, with the seed; None takes all")
    case_base: dict[str, Any] = Field(description="path, version, embedder and sources of the case base")
    targets: tuple[Target, ...] = Field(description="the cases asked about, with their truth, in order")
    arms: dict[str, dict[str, Any]] = Field(description="arm name to method, model, parameters, prompt id and hash")
    versions: dict[str, str] = Field(default_factory=_versions, description="software that the run began with")

    @property
    def groups(self) -> int:
        """Groups (patients, encounters) among the cases."""
        return len({target.group_id for target in self.targets})


class Run:
    """A run folder. Reading needs no lock; `writing` takes it."""

    def __init__(self, path: Path, spec: RunSpec) -> None:
        self.path = path
        self.spec = spec

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open a run to read it.

        Raises:
            RunError: there is no run, or it is damaged or of a newer format.
        """
        path = Path(path)
        file = path / "run.json"
        try:
            text = file.read_text(encoding="utf-8")
        except FileNotFoundError:
            raise RunError(f"{path} is not a run: it has no run.json; give the folder of an evaluation") from None
        except (OSError, UnicodeDecodeError) as error:
            raise RunError(f"{file} cannot be read: {error}") from error
        try:
            spec = RunSpec.model_validate_json(text)
        except ValidationError as error:
            where = ".".join(str(part) for part in error.errors()[0]["loc"]) or "its JSON"
            raise RunError(f"{file} is damaged or of another version at {where}; start a new run") from None
        if spec.format > FORMAT:
            raise RunError(f"{file} has format {spec.format}, this dermtools reads up to {FORMAT}; upgrade dermtools")
        return cls(path, spec)

    @classmethod
    @contextmanager
    def writing(cls, path: str | Path, spec: RunSpec) -> Iterator[tuple[Run, RecordLog]]:
        """Begin a run, or go on with the one at `path`, alone: nobody else may write it meanwhile.

        Arms may be added to a run; everything else must be as it was.

        Raises:
            RunError: the folder holds something else, another run, or is being written by another process.
        """
        path = Path(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RunError(f"cannot make a run at {path}: {error.strerror}") from error
        if not (path / "run.json").exists() and any(not entry.name.startswith(".") for entry in path.iterdir()):
            raise RunError(f"{path} holds other files and is not a run; choose another folder")
        try:
            with FileLock(path / ".lock", timeout=0):
                if (path / "run.json").exists():
                    spec = _resumed(cls.open(path).spec, spec, path)
                write_whole(path / "run.json", spec.model_dump_json(indent=1) + "\n")
                with RecordLog(path / "predictions.jsonl") as log:
                    yield cls(path, spec), log
        except Timeout:
            raise RunError(f"another process is writing {path}; wait until it is done, or stop it") from None

    def records(self) -> list[Record]:
        """All answers in the order written; a failed call that was repeated is there more than once."""
        return read_records(self.path / "predictions.jsonl")

    def answers(self) -> dict[tuple[str, str], Record]:
        """The last record of each arm and case, in the order of arms and cases."""
        found = {record.key: record for record in self.records()}
        places = self._places()
        return dict(sorted(found.items(), key=lambda item: places.get(item[0], len(places))))

    def scored(self) -> list[Scored]:
        """The answers of every arm beside their targets; arms without any answer are left out."""
        answers = self.answers()
        found = []
        for arm in self.spec.arms:
            predictions = {case_id: record.prediction for (name, case_id), record in answers.items() if name == arm}
            if predictions:
                found.append(score(arm, self.spec.targets, predictions))
        return found

    def narrowed(self, case_ids: Collection[str]) -> Run:
        """This run as if it had asked about these cases only; nothing on disk changes."""
        kept = tuple(target for target in self.spec.targets if target.case_id in case_ids)
        return Run(self.path, self.spec.model_copy(update={"targets": kept}))

    def tidy(self) -> None:
        """Put `predictions.jsonl` into the order of arms and cases; call it when nothing more is to be written."""
        places = self._places()
        # Stable: records of the same arm and case stay in the order in which they were written.
        records = sorted(self.records(), key=lambda record: places.get(record.key, len(places)))
        write_records(self.path / "predictions.jsonl", records)

    def _places(self) -> dict[tuple[str, str], int]:
        keys = [(arm, target.case_id) for arm in self.spec.arms for target in self.spec.targets]
        return {key: place for place, key in enumerate(keys)}


def _resumed(there: RunSpec, wanted: RunSpec, path: Path) -> RunSpec:
    begun, asked = (spec.model_copy(update={"case_base": _without_path(spec)}) for spec in (there, wanted))
    for name in ("task", "rule", "split", "seed", "limit", "case_base", "targets"):
        if getattr(begun, name) != getattr(asked, name):
            raise RunError(
                f"{path} was begun with another {name.replace('_', ' ')}; choose another folder for this run"
            )
    for arm, facts in wanted.arms.items():
        if arm in there.arms and there.arms[arm] != facts:
            raise RunError(
                f"{path} was begun with another {arm} ({_changes(there.arms[arm], facts)}); choose another folder"
            )
    return there.model_copy(update={"arms": {**there.arms, **wanted.arms}})


def _without_path(spec: RunSpec) -> dict[str, Any]:
    """What makes a case base this one; it may have been moved."""
    return {key: value for key, value in spec.case_base.items() if key != "path"}


def _changes(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    names: Sequence[str] = sorted({*there, *wanted})
    return ", ".join(
        f"{n}: {there.get(n)!r} then, {wanted.get(n)!r} now" for n in names if there.get(n) != wanted.get(n)
    )

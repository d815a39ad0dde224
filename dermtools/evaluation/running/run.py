"""A run: the folder that holds one evaluation, and may be resumed after any interruption."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from dermtools.errors import QueryError
from dermtools.evaluation.running.predictions import predictions_table
from dermtools.evaluation.running.records import Record, RecordLog, RunError, as_lines, read_records
from dermtools.evaluation.running.spec import FORMAT, LEFT_OUT, RunSpec, joined, resumed
from dermtools.evaluation.scoring import Scored, score
from dermtools.files import file_mode, local_path, make_folder, read_record, sweep, write_whole
from dermtools.prediction import Prediction
from dermtools.text import instead

if TYPE_CHECKING:
    import pyarrow as pa


class Run:
    """A run folder. Reading needs no lock; `writing` takes it. Its answers are read once, when first needed.

    `path` is the folder, `spec` what its `run.json` says.
    """

    def __init__(self, path: Path, spec: RunSpec, records: list[Record] | None = None) -> None:
        self.path = path
        self.spec = spec
        self._records = records

    @classmethod
    def open(cls, path: str | Path) -> Run:
        """Open a run to read it.

        Raises:
            RunError: there is no run, or it is damaged or of a newer format.
        """
        path = local_path(path, RunError)
        spec = read_record(
            path / "run.json",
            RunSpec,
            newest=FORMAT,
            error=RunError,
            what="the description of a run",
            missing=f"{path} is not a run: it has no run.json; give the folder of an evaluation",
            remedy="start a new run",
            versioned=lambda content: {"format_version": content.get("format")},
        )
        return cls(path, spec)

    @classmethod
    @contextmanager
    def writing(cls, path: str | Path, spec: RunSpec) -> Iterator[tuple[Run, RecordLog]]:
        """Start a run, or resume the one at `path`, alone: nobody else may write it meanwhile.

        Arms may be added to a run, and cases by a larger limit; everything else must be as it was.

        Raises:
            RunError: the folder holds something else, another run, or is being written by another process.
        """
        path = local_path(path, RunError)
        try:
            make_folder(path)
        except OSError as error:
            raise RunError(f"cannot make a run at {path}: {error.strerror}") from error
        if not (path / "run.json").exists() and any(not entry.name.startswith(".") for entry in path.iterdir()):
            raise RunError(f"{path} holds other files and is not a run; choose another folder")
        try:
            with FileLock(path / ".lock", timeout=0, mode=file_mode(path)):
                sweep(path, below=True)
                if (path / "run.json").exists():
                    spec = resumed(cls.open(path).spec, spec, path)
                with RecordLog(path / "predictions.jsonl") as log:
                    run = cls(path, spec, log.records)
                    run._write_spec()
                    yield run, log
        except Timeout:
            raise RunError(f"another process is writing {path}; wait until it is done, or stop it") from None

    def records(self) -> list[Record]:
        """All answers in the order written; a failed call that was repeated is there more than once."""
        if self._records is None:
            self._records, _ = read_records(self.path / "predictions.jsonl")
        return self._records

    def answers(self) -> dict[tuple[str, str], Record]:
        """The last record of each arm and case, in the order of arms and cases."""
        return {record.key: record for record in self._ordered()}

    def scored(self, *, repetitions: bool = False) -> list[Scored]:
        """The answers of every arm beside their targets; arms without any answer are left out.

        So are repetitions of other arms, unless they are asked for.
        """
        arms = self.spec.arms if repetitions else self.spec.compared
        predictions: dict[str, dict[str, Prediction]] = {arm: {} for arm in arms}
        for record in self.records():
            if record.arm in predictions:
                predictions[record.arm][record.case_id] = record.prediction
        found = [score(arm, self.spec.targets, given) for arm, given in predictions.items()]
        return [scored for scored in found if len(scored)]

    def predictions(self, arm: str | None = None) -> pa.Table:
        """The last answer of each arm, or of one, and case as a tidy table, one row each; see `predictions_table`.

        Raises:
            QueryError: there is no such arm.
        """
        if arm is not None and arm not in self.spec.arms:
            raise QueryError(f"no arm {arm!r} in {self.path}; {instead(arm, self.spec.arms)}")
        return predictions_table(self.spec, (one for one in self.answers().values() if arm in (None, one.arm)))

    def narrowed(self, case_ids: Collection[str]) -> Run:
        """This run as if it had asked about these cases only; nothing on disk changes."""
        kept = tuple(target for target in self.spec.targets if target.case_id in case_ids)
        return Run(self.path, self.spec.model_copy(update={"targets": kept}), self.records())

    def tidy(self) -> None:
        """Put `predictions.jsonl` into the order of arms and cases; call it when nothing more is to be written."""
        self._records = self._ordered()
        write_whole(self.path / "predictions.jsonl", as_lines(self._records), within=self.path)

    def keep(self, documents: Mapping[str, str]) -> None:
        """Write down what arms are asked with, path in this folder to text; call it while the run is being written."""
        for name, text in documents.items():
            if not (path := self.path / name).exists():
                make_folder(path.parent, within=self.path)
                write_whole(path, text, within=self.path)

    def note_left_out(self, arms: Mapping[str, Sequence[str]]) -> None:
        """Write down what the service of each arm refused; call it while the run is being written."""
        told = {arm: {LEFT_OUT: arms.get(arm, ())} for arm in self.spec.arms}
        facts = {arm: {**known, **joined(known, told[arm])} for arm, known in self.spec.arms.items()}
        if facts != self.spec.arms:
            self.spec = self.spec.model_copy(update={"arms": facts})
            self._write_spec()

    def _write_spec(self) -> None:
        write_whole(self.path / "run.json", self.spec.model_dump_json(indent=1) + "\n", within=self.path)

    def _ordered(self) -> list[Record]:
        keys = ((arm, target.case_id) for arm in self.spec.arms for target in self.spec.targets)
        places = {key: place for place, key in enumerate(keys)}
        # Stable: records of the same arm and case stay in the order in which they were written.
        return sorted(self.records(), key=lambda record: places.get(record.key, len(places)))

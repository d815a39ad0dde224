"""Predictions that were made elsewhere, read from a table: a row of the comparison beside the methods that run here."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING, Any

import numpy as np

from dermtools.cases.sources import cells
from dermtools.cases.sources.rows import read_rows
from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.records import RunError
from dermtools.intervals import share_interval
from dermtools.prediction import LocalMethod, Outcome, Prediction, Query, ranked
from dermtools.text import counted, few, instead, name_key, one_line

if TYPE_CHECKING:
    from dermtools.cases.sources.records import Row

_ROLES = {
    "id": (
        "case_id", "image_id", "isic_id", "img_id", "image", "filename", "file_name", "file", "image_path", "path",
        "id",
    ),
    "prediction": ("prediction", "predicted_label", "predicted", "pred", "y_pred", "label"),
    "truth": ("true_label", "truth", "target", "y_true", "ground_truth"),
}  # fmt: skip
_PROBABILITY = ("probability_class_", "probability_", "prob_class_", "prob_", "proba_", "p_")
_SUM = 0.01
"""How far probabilities, as people round them, may sum from 1."""
_SHOWN = 100
"""Characters of a cell that a message quotes."""
_DIGITS = 9
"""Of a number of a label; a longer one numbers nothing."""


@dataclass(frozen=True)
class OwnTruth:
    """How the file's predictions do by the file's own truth, over all of its rows."""

    right: int
    n: int

    def line(self) -> str:
        """The accuracy in words."""
        right = np.arange(self.n) < self.right
        span = share_interval(right, np.arange(self.n))
        interval = f"95 %: {100 * span.low:.1f} to {100 * span.high:.1f}, pictures taken for independent"
        return f"{100 * self.right / self.n:.1f} % of its {self.n} rows by its own truth ({interval})"


class HeldPredictions(LocalMethod):
    """Answers that are held already, by case id; an error about any other case."""

    def __init__(self, name: str, task: str, held: dict[str, Prediction], facts: Mapping[str, Any]) -> None:
        self.name, self.task, self.held = name, task, held
        self._facts = facts

    @property
    def settings(self) -> Mapping[str, Any]:
        return self._facts

    def predict(self, query: Query) -> Prediction:
        """The prediction about the query's case."""
        reason = f"{self.name} has no prediction for {query.name}"
        missing = Prediction(method=self.name, task=self.task, outcome=Outcome.ERROR, reason=reason)
        return self.held.get(query.case_id or "", missing)


class OutsidePredictions(HeldPredictions):
    """One prediction a case from a table of any kind that `ingest` reads (CSV, Excel, Parquet, JSON lines).

    Columns are found by their usual names: an id or a file name, of which the last part counts, with or without its
    ending; the prediction; where there are, the truth by which the file was made, and a probability a label
    (`probability_NEV`, `prob_NEV`, `NEV`).

    `rows` counts those of the table; `own_truth` is how often the file's truth agrees with its predictions, or None
    where it has no truth.

    Args:
        path: the table.
        task: what it predicts.
        labels: of the task; any other prediction is `invalid`.
        truths: the cases that it may be about, case id to true labels.
        name: of the row.
        numbered: labels in the order of their numbers, from 0, where the table has numbers.

    Raises:
        RunError: the file cannot be read, a column is missing, a row is damaged, or no row is about a known case.
    """

    def __init__(
        self,
        path: str | Path,
        task: str,
        labels: Sequence[str],
        truths: Mapping[str, Sequence[str]],
        *,
        name: str = "predictions",
        numbered: Sequence[str] = (),
    ) -> None:
        path = Path(path)
        self._file = path.name
        self._labels, self._numbered = tuple(labels), tuple(numbered)
        if unknown := [label for label in numbered if label not in self._labels]:
            raise RunError(f"{unknown[0]!r} is not a label of task {task!r}; {instead(unknown[0], labels)}")
        table = read_rows(path)
        if table.problems:
            raise RunError(f"{table.problems[0].where} {table.problems[0].reason}")
        facts = {"file": self._file, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()[:16]}
        super().__init__(name, task, {}, {**facts, **({"labels": list(numbered)} if numbered else {})})
        self._columns = {role: _column(path, table.columns, role) for role in _ROLES}
        self._probabilities = self._probability_columns(table.columns)
        self.contradicted, own = 0, Counter[bool]()
        known = _Known(truths)
        self._likely = self._likely_numbers(table.rows, known, truths)
        for row in table.rows:
            prediction, truth = self._read(row)
            if truth:
                own[prediction.label == truth] += 1
            case_id = known.case(cells.text(row.cells.get(self._columns["id"] or "")), row.where)
            if case_id is None:
                continue
            if case_id in self.held:
                raise RunError(f"{row.where}: case {case_id!r} has a prediction in an earlier row; keep one of them")
            self.held[case_id] = prediction
            self.contradicted += bool(truth) and truth not in truths[case_id]
        self.rows = len(table.rows)
        self.own_truth = OwnTruth(own[True], own.total()) if own else None
        if numbered and self._likely not in ((), tuple(numbered)) and 2 * self.contradicted > len(self.held):
            raise RunError(
                f"{path}: {self.contradicted} of {counted(len(self.held), 'case')} here have another truth in the "
                f"file; by its truths the numbers stand for --prediction-labels {','.join(self._likely)}"
            )
        if not self.held:
            first = cells.text(table.rows[0].cells.get(self._columns["id"] or "")) if table.rows else "nothing"
            raise RunError(
                f"{path}: none of its {self.rows} rows is about a case of these; its first names {_quoted(first)!r}"
            )

    def line(self) -> str:
        """What the file holds, in one line."""
        own = "" if self.own_truth is None else f"; {self.own_truth.line()}"
        unlike = f" ({self.contradicted} with another truth in the file)" if self.contradicted else ""
        return f"{self.name}: {self._file}, {len(self.held)} of its {self.rows} rows are about cases here{unlike}{own}"

    def _answer(self, outcome: Outcome = Outcome.OK, **fields: Any) -> Prediction:
        return Prediction(method=self.name, task=self.task, outcome=outcome, **fields)

    def _read(self, row: Row) -> tuple[Prediction, str]:
        """The prediction of a row and its own truth."""
        given, truth = (self._label(row, role) for role in ("prediction", "truth"))
        probabilities = self._probabilities_of(row)
        if not given:
            return self._answer(
                Outcome.ABSTAINED, reason="the file has no prediction", probabilities=probabilities
            ), truth
        if given not in self._labels:
            reason = f"{_quoted(given)!r} is not a label of the task"
            return self._answer(Outcome.INVALID, raw=given, reason=reason), truth
        return self._answer(label=given, probabilities=probabilities), truth

    def _label(self, row: Row, role: str) -> str:
        column = self._columns[role]
        text = "" if column is None else cells.text(row.cells.get(column))
        if text in self._labels or not text.isdecimal():
            return text
        if not self._numbered:
            named = ",".join(self._likely or (*self._labels[:3], "..."))
            how = ("by the truths in the file" if self._likely else "e.g.") + f" --prediction-labels {named}"
            raise RunError(
                f"{row.where}: {column!r} is the number {_quoted(text)}; name the labels in the order of their "
                f"numbers, {how}"
            )
        if len(text) > _DIGITS or int(text) >= len(self._numbered):
            raise RunError(
                f"{row.where}: {column!r} is {_quoted(text)}; only {len(self._numbered)} labels are named, from 0"
            )
        return self._numbered[int(text)]

    def _likely_numbers(
        self, rows: Iterable[Row], known: _Known, truths: Mapping[str, Sequence[str]]
    ) -> tuple[str, ...]:
        """All labels in the order of the numbers that the file's truths have for them; empty where it does not show."""
        seen: dict[str, Counter[str]] = {}
        for row in rows:
            truth = cells.text(row.cells.get(self._columns["truth"] or ""))
            if truth.isdecimal() and truth not in self._labels:
                case_id = known.case(cells.text(row.cells.get(self._columns["id"] or "")), row.where)
                seen.setdefault(truth, Counter()).update(truths.get(case_id or "", ()))
        counts = [seen.get(str(number)) for number in range(len(self._labels))]
        likely = tuple(one.most_common(1)[0][0] for one in counts if one)
        return likely if len({*likely}) == len(self._labels) else ()

    def _probability_columns(self, columns: Iterable[str]) -> dict[str, str]:
        """Column to label."""
        found = {}
        for column in columns:
            stem = next((column[len(one) :] for one in _PROBABILITY if column.lower().startswith(one)), column)
            if stem in self._labels:
                found[column] = stem
            elif stem != column and stem.isdecimal() and len(stem) <= _DIGITS and int(stem) < len(self._numbered):
                found[column] = self._numbered[int(stem)]
        return found

    def _probabilities_of(self, row: Row) -> dict[str, float] | None:
        given = {label: cells.text(row.cells.get(column)) for column, label in self._probabilities.items()}
        if not any(given.values()):
            return None
        values: dict[str, float] = {}
        for label, text in given.items():
            try:
                values[label] = float(text)
            except ValueError:
                shown = _quoted(text)
                raise RunError(f"{row.where}: the probability of {label!r} is {shown!r}, not a number") from None
        total = sum(values.values())
        if not all(0 <= value <= 1 for value in values.values()) or abs(total - 1) > _SUM:
            raise RunError(f"{row.where}: probabilities must lie in [0, 1] and sum to 1, not to {total:.3g}")
        return ranked({label: value / total for label, value in values.items()})


class _Known:
    """Finds the case that an id or a file name stands for."""

    def __init__(self, case_ids: Collection[str]) -> None:
        self._ids = set(case_ids)
        self._by_stem: dict[str, list[str]] = {}
        for case_id in case_ids:
            self._by_stem.setdefault(_stem(case_id), []).append(case_id)

    def case(self, text: str, where: str) -> str | None:
        if text in self._ids:
            return text
        found = self._by_stem.get(_stem(text), [])
        if len(found) > 1:
            raise RunError(f"{where}: {_quoted(text)!r} may be case {few(found, 2, ' or ')}; write the case id")
        return next(iter(found), None)


def _quoted(cell: str) -> str:
    return one_line(cell, _SHOWN)


def _stem(text: str) -> str:
    """Last part of a path of any system, without the ending of a picture's file."""
    name = PureWindowsPath(text).name
    stem, dot, ending = name.rpartition(".")
    return stem if dot and stem and len(ending) <= 4 and ending.isalnum() and not ending.isdecimal() else name


def _column(path: Path, columns: Sequence[str], role: str) -> str | None:
    """The column of a role: the first of its usual names that is there."""
    by_key = {name_key(column): column for column in reversed(columns)}
    found = next((by_key[name_key(name)] for name in _ROLES[role] if name_key(name) in by_key), None)
    if found is None and role != "truth":
        raise RunError(f"{path}: no column for the {role} ({few(_ROLES[role], 5)}); the columns are {few(columns, 12)}")
    return found


def outside_arm(method: HeldPredictions) -> Arm:
    """The row of the table: it is asked only about the cases that it holds a prediction for."""
    return Arm(method.name, method, facts=dict(method.settings), covers=frozenset(method.held))

"""The answers of a run as a tidy table: one row an arm and case, for other programs."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dermtools.cases.exports.delimited import guarded
from dermtools.errors import QueryError
from dermtools.evaluation.running.records import Record, RunError
from dermtools.evaluation.running.spec import RunSpec
from dermtools.evaluation.scoring import is_right
from dermtools.files import writable, write_whole
from dermtools.prediction import Outcome, TokenUsage, Trail
from dermtools.text import instead

if TYPE_CHECKING:
    import pyarrow as pa

TableFormat = Literal["csv", "parquet"]
FORMATS: tuple[TableFormat, ...] = ("csv", "parquet")


def predictions_table(spec: RunSpec, records: Iterable[Record]) -> pa.Table:
    """One row a record, in their order.

    `truth`, `label_set` and `exemplars` (case ids, in the order of their use) are lists; `probabilities` is a JSON
    object, most probable first. `right` is by the run's rule: an answer that is no label is not right. `invalid` counts
    every reply without a label of the set: outside it, refused, filtered or cut off (`outcome` says which). `seconds`
    of a batch are its share; `price_usd` is null where it is unknown.
    """
    import pyarrow as pa

    texts = pa.list_(pa.string())
    schema = pa.schema(
        [
            *((name, pa.string()) for name in ("arm", "method", "model", "task", "split", "case_id", "group_id")),
            ("truth", texts),
            *((name, pa.string()) for name in ("prediction", "outcome", "reason")),
            *((name, pa.bool_()) for name in ("right", "abstained", "invalid", "failed")),
            ("confidence", pa.float64()),
            ("probabilities", pa.string()),
            ("label_set", texts),
            ("exemplars", texts),
            *((name, pa.int64()) for name in TokenUsage.model_fields),
            ("price_usd", pa.float64()),
            ("seconds", pa.float64()),
            ("fetched", pa.bool_()),
            ("tool_calls", pa.int64()),
            ("pictures", pa.int64()),
        ]
    )
    return pa.Table.from_pylist([_row(spec, record) for record in records], schema=schema)


_INVALID = (Outcome.INVALID, Outcome.REFUSED, Outcome.FILTERED, Outcome.TRUNCATED)


def _row(spec: RunSpec, record: Record) -> dict[str, Any]:
    said = record.prediction
    facts = spec.arms.get(record.arm, {})
    probabilities = None if said.probabilities is None else json.dumps(said.probabilities, ensure_ascii=False)
    return {
        "arm": record.arm,
        "method": said.method,
        "model": facts.get("model"),
        "task": said.task,
        "split": spec.split,
        "case_id": record.case_id,
        "group_id": record.group_id,
        "truth": record.truth,
        "prediction": said.label,
        "outcome": said.outcome.value,
        "reason": said.reason,
        "right": is_right(said.label, record.truth),
        "abstained": said.outcome is Outcome.ABSTAINED,
        "invalid": said.outcome in _INVALID,
        "failed": record.failed,
        "confidence": said.confidence,
        "probabilities": probabilities,
        "label_set": said.label_set,
        "exemplars": [exemplar.case_id for exemplar in said.exemplars],
        **(said.usage.model_dump() if said.usage is not None else {}),
        "price_usd": record.price_usd,
        "seconds": record.latency_s,
        **_trail(said.trail),
    }


def _trail(trail: Trail | None) -> dict[str, Any]:
    if trail is None:
        return {}
    return {"fetched": trail.fetched, "tool_calls": sum(trail.calls.values()), "pictures": trail.pictures}


def write_predictions(table: pa.Table, file: str | Path, to: TableFormat) -> Path:
    """Write the table, whole or not at all. In a CSV, lists are JSON, and no cell runs in a spreadsheet.

    Raises:
        QueryError: another format.
        RunError: the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet

    if to not in FORMATS:
        raise QueryError(f"no format {to!r}; {instead(str(to), FORMATS)}")
    path = writable(file, error=RunError)
    if to == "csv":
        out = io.StringIO(newline="")
        rows = csv.writer(out)
        rows.writerow(table.column_names)
        rows.writerows([_cell(value) for value in row.values()] for row in table.to_pylist())
        content = out.getvalue().encode()
    else:
        sink = pa.BufferOutputStream()
        pyarrow.parquet.write_table(table, sink)
        content = sink.getvalue().to_pybytes()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, content)
    except OSError as error:
        raise RunError(f"{path} cannot be written: {error.strerror}") from error
    return path


def _cell(value: str | float | bool | Sequence[str] | None) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    return guarded(value) if isinstance(value, str) else repr(value)

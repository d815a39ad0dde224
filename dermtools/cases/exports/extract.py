"""What leaves a case base: which cases of one version, and which of their columns, read batch by batch."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dermtools.cases.attributes import ALL, resolved, shown_attributes
from dermtools.cases.columns import CaseColumns
from dermtools.cases.exports.record import (
    FILE_NAME,
    IMAGE,
    VECTOR,
    VECTOR_ROW,
    Column,
    Kind,
    attribute_kind,
    free_name,
)
from dermtools.cases.lance_table import CaseTable
from dermtools.cases.manifest import Manifest
from dermtools.errors import CaseBaseError, QueryError

if TYPE_CHECKING:
    import pyarrow as pa

BATCH, LIGHT_BATCH = 256, 8192
"""Cases read together: with pictures of 40 KB, 10 MB; and without pictures and vectors."""
_RESERVED = (FILE_NAME, IMAGE, VECTOR, VECTOR_ROW)


@dataclass(frozen=True)
class Choice:
    """What goes out beside ids, groups, splits and labels.

    Attributes that are shown go out anyway; private ones only where they are named here.

    `attributes` are names, or `all`; `vectors` and `pictures` say whether embeddings and stored pictures go out too.
    """

    attributes: Collection[str] | Literal["all"] = ()
    vectors: bool = False
    pictures: bool = False

    def __post_init__(self) -> None:
        if isinstance(self.attributes, str) and self.attributes != ALL:
            raise QueryError(f"attributes takes a list of names, or 'all'; write attributes=[{self.attributes!r}]")


class Extract:
    """Cases of one version of a case base, whatever others write meanwhile. Makes a table whole or in batches.

    Args:
        path: folder of the case base.
        manifest, columns: of the version.
        rows: of the cases that go out, in their order.
        choice: what goes out of them.

    Raises:
        QueryError: there is no such attribute, or no case is chosen.
    """

    def __init__(
        self, path: Path, manifest: Manifest, columns: CaseColumns, rows: Sequence[int], choice: Choice
    ) -> None:
        if not len(rows):
            raise QueryError(f"no case of {path} is chosen; there is nothing to export")
        self.manifest, self.cases, self.rows, self.choice = manifest, columns, rows, choice
        self._path = path
        names = sorted(columns.attributes)
        named = names if choice.attributes == ALL else resolved(choice.attributes, names, str(path))
        self.attributes = sorted({*shown_attributes(manifest, names), *named})
        """Those that go out."""
        self.left_out = [name for name in names if name not in self.attributes]
        """Private ones that were not chosen."""

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """Of the table, pictures and vectors aside. Kinds are those of the whole case base, whichever cases go out."""
        built_in = [Column(name=role, role=role) for role in ("case_id", "group_id", "split")]
        names = {*_RESERVED, *(column.name for column in built_in)}
        found = list(built_in)
        for task in self.manifest.tasks:
            several = any(len(labels) > 1 for labels in self.cases.labels[task.name])
            name = task.name if task.name not in names else free_name(f"task_{task.name}", names.__contains__)
            names.add(name)
            found.append(Column(name=name, role="task", of=task.name, kind="labels" if several else "label"))
        names |= {attribute for attribute in self.attributes if attribute not in names}
        for attribute in self.attributes:
            clashes = not attribute or attribute in {column.name for column in found} or attribute in _RESERVED
            name = free_name(f"attribute_{attribute}", names.__contains__) if clashes else attribute
            names.add(name)
            kind = attribute_kind(self.cases.attributes[attribute])
            found.append(Column(name=name, role="attribute", of=attribute, kind=kind))
        return tuple(found)

    def values(self, column: Column, rows: Sequence[int]) -> list[Any]:
        """One column of some rows as the table has it; None where unknown."""
        if column.role == "task":
            labels = self.cases.labels[column.of]
            if column.kind == "labels":
                return [list(labels[row]) or None for row in rows]
            return [next(iter(labels[row]), None) for row in rows]
        if column.role == "attribute":
            known = self.cases.attributes[column.of]
            return [_plain(known[row], column.kind) for row in rows]
        ids = self.cases.case_ids if column.role == "case_id" else self.cases.group_ids
        held: Sequence[str | None] = self.cases.splits if column.role == "split" else ids
        return [held[row] for row in rows]

    @cached_property
    def has_picture(self) -> list[bool]:
        """Whether each case that goes out has a picture, in the order of `rows`; a width of 0 says that it has none."""
        return [bool(self.cases.widths[row]) for row in self.rows]

    def batches(self, rows: Sequence[int] | None = None) -> Iterator[tuple[Sequence[int], pa.Table]]:
        """The table in pieces, each after its rows; only some `rows` where they are named.

        A piece has `columns`, then `image` (JPEG bytes, null without a picture) and `vector` where chosen.

        Raises:
            CaseBaseError: the case base is damaged, or was written meanwhile so that this version is gone.
        """
        import pyarrow as pa

        rows = self.rows if rows is None else rows
        heavy = [name for name, wanted in (("jpeg", self.choice.pictures), ("vector", self.choice.vectors)) if wanted]
        table = CaseTable.open(self._path, self.cases.version) if heavy else None
        size = BATCH if heavy else LIGHT_BATCH
        for start in range(0, len(rows), size):
            some = rows[start : start + size]
            arrays = [pa.array(self.values(column, some), arrow_type(column.kind)) for column in self.columns]
            piece = pa.table(arrays, names=[column.name for column in self.columns])
            if table is not None:
                taken = self._taken(table, some, heavy)
                if self.choice.pictures:
                    pictures = [jpeg or None for jpeg in taken["jpeg"].to_pylist()]
                    piece = piece.append_column(IMAGE, pa.array(pictures, pa.binary()))
                if self.choice.vectors:
                    piece = piece.append_column(VECTOR, taken["vector"])
            yield some, piece

    def table(self) -> pa.Table:
        """The whole table, in memory."""
        import pyarrow as pa

        return pa.concat_tables(piece for _, piece in self.batches()).combine_chunks()

    def _taken(self, table: CaseTable, rows: Sequence[int], names: Sequence[str]) -> pa.Table:
        try:
            return table.take_arrow(rows, names)
        except CaseBaseError:
            if CaseTable.open(self._path).version != self.cases.version:
                raise CaseBaseError(f"another process has changed {self._path} meanwhile; run this again") from None
            raise


def arrow_type(kind: Kind) -> pa.DataType:
    """How Arrow holds a kind of column."""
    import pyarrow as pa

    types = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "labels": pa.list_(pa.string())}
    return types.get(kind, pa.string())


def _plain(value: Any, kind: Kind) -> Any:
    if value is None:
        return None
    return json.dumps(value, ensure_ascii=False) if kind == "json" else float(value) if kind == "number" else value

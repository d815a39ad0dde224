"""The ways out of a case base that is open: a folder with a card, tables, data sets, arrays."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from dermtools.retrieval.opened import OpenedCaseBase

if TYPE_CHECKING:
    import datasets
    import pandas
    import pyarrow as pa

    from dermtools.cases.exports.arrays import Arrays, MultiLabel
    from dermtools.cases.exports.record import To
    from dermtools.cases.exports.writing import ExportReport
    from dermtools.progress import Progress
    from dermtools.retrieval.exporting import Where


class ExportableCaseBase(OpenedCaseBase):
    """What of a case base goes out. Attributes that are shown do, private ones only where they are named.

    Groups go out as they are stored, real ids or pseudonyms: without them nobody could make an honest split.
    """

    def export(
        self,
        folder: str | Path,
        to: To = "parquet",
        *,
        where: Where = None,
        attributes: Collection[str] = (),
        vectors: bool = False,
        pictures: bool | None = None,
        task: str | None = None,
        progress: Progress | None = None,
    ) -> ExportReport:
        """Write cases to a new folder with a data card; it is complete or not there at all.

        Args:
            folder: new or empty.
            to: `csv`, `parquet`, `hf` (Hugging Face datasets) or `imagefolder` (one folder a class).
            where: conditions on the cases, as for `search`.
            attributes: private attributes that go out, too; `"all"` for every one.
            vectors: whether the embeddings do.
            pictures: whether the stored JPEGs do, byte by byte; by default for `hf` and `imagefolder`.
            task: whose labels name the folders of `imagefolder`, where there are several tasks.
            progress: told of every case.

        Raises:
            QueryError: no such attribute, task or format, a bad condition, or no case is left.
            CaseBaseError: the folder holds something, or cannot be written.
        """
        from dermtools.retrieval.exporting import chosen, export

        extract = chosen(self.store, where, attributes, vectors=vectors, pictures=pictures, to=to)
        return export(extract, folder, to, task, progress)

    def card(self, *, where: Where = None, attributes: Collection[str] = ()) -> str:
        """The data card, Markdown: splits, labels, sources, what is missing. Arguments and errors as of `export`."""
        from dermtools.cases.exports.card import card
        from dermtools.retrieval.exporting import chosen

        return card(chosen(self.store, where, attributes))

    def to_arrow(
        self,
        *,
        where: Where = None,
        attributes: Collection[str] = (),
        vectors: bool = False,
        pictures: bool = False,
    ) -> pa.Table:
        """One row a case: ids, group, split, labels of each task, attributes; on request `vector` and `image` (JPEG).

        A task's column holds text where no case of the case base has several labels, else lists. An unknown value is
        null. Arguments as of `export`.

        Raises:
            QueryError: no such attribute, a bad condition, or no case is left.
        """
        from dermtools.retrieval.exporting import chosen

        return chosen(self.store, where, attributes, vectors=vectors, pictures=pictures).table()

    def to_pandas(
        self,
        *,
        where: Where = None,
        attributes: Collection[str] = (),
        vectors: bool = False,
        pictures: bool = False,
    ) -> pandas.DataFrame:
        """The table of `to_arrow` as a DataFrame. Raises as it does, and a MissingExtraError without pandas."""
        from dermtools.retrieval.exporting import chosen, to_pandas

        return to_pandas(chosen(self.store, where, attributes, vectors=vectors, pictures=pictures))

    def to_dataset(
        self,
        *,
        where: Where = None,
        attributes: Collection[str] = (),
        vectors: bool = False,
        pictures: bool = True,
    ) -> datasets.DatasetDict:
        """The splits for Hugging Face `datasets`, in memory, with classes and decoded pictures.

        For more cases than fit: `export(folder, "hf")`, then `datasets.load_dataset(folder)`. Raises as `to_arrow`
        does, and a MissingExtraError without datasets.
        """
        from dermtools.retrieval.exporting import chosen, to_dataset

        return to_dataset(chosen(self.store, where, attributes, vectors=vectors, pictures=pictures))

    def to_arrays(
        self, task: str, split: str | None = None, *, where: Where = None, multi_label: MultiLabel = "refuse"
    ) -> Arrays:
        """`X` (n, d) float32, `y` and `groups` for scikit-learn, of the cases with a known label of `task`.

        Args:
            task: whose labels `y` holds.
            split: `train`, `valid` or `test`; None for all.
            where: conditions on the cases, as for `search`.
            multi_label: what to do with cases that have several labels: `refuse`, `leave-out`, or `indicator`, which
                makes `y` a matrix of 0 and 1, int8, one column for each label of the task in its order.

        Raises:
            QueryError: no such task or split, no case is left, or several labels are refused.
        """
        from dermtools.retrieval.exporting import to_arrays

        return to_arrays(self.store, task, split, where, multi_label)

"""How an export is read: a few lines of Python for its format, and the command that makes a case base of it again."""

from __future__ import annotations

from collections.abc import Iterator

from dermtools.cases.exports.record import ExportRecord, To

_LINES: dict[To, str] = {
    "csv": 'import pandas\n\ntable = pandas.read_csv("cases.csv", dtype={"case_id": str, "group_id": str})',
    "parquet": 'import pandas\n\ntable = pandas.read_parquet("cases.parquet")',
    "hf": 'import datasets\n\ndata = datasets.load_dataset("path/to/this/folder")',
    "imagefolder": 'from torchvision.datasets import ImageFolder\n\ntrain = ImageFolder("train")',
}


def how_to_read(record: ExportRecord) -> Iterator[str]:
    """Paragraphs of the card."""
    yield f"```python\n{_LINES[record.to]}\n```"
    if record.separator is not None:
        yield (
            f"In `cases.csv` several labels of a cell are separated by `{record.separator}`. A text that is empty or "
            "begins with `=`, `+`, `-`, `@`, a tab, a line break or an apostrophe has an apostrophe before it, so that "
            "no spreadsheet runs it; take one off to have the text. An empty cell is an unknown value."
        )
    if record.to == "imagefolder":
        yield (
            "Pictures of cases with exactly one label lie below `SPLIT/LABEL/`; those with several or none below "
            "`not-classified/`, outside all splits. Cases without a split are in `unassigned/`."
        )
    if record.separator is not None and record.vectors is not None:
        yield f"```python\nimport numpy\n\nvectors = numpy.load({record.vectors!r})[table.vector_row]\n```"
    yield (
        "`dermtools ingest FOLDER CASEBASE --all-attributes` makes a case base of this folder again; `dermtools.json` "
        "tells it columns, types and labels."
    )

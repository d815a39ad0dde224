"""One door to all sources: `load_source`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from dermtools.cases.case import SourceCase, SourceData
from dermtools.cases.sources import dermavqa, woundcarevqa
from dermtools.cases.sources.assembly import assemble
from dermtools.cases.sources.exported import export_folder, load_export
from dermtools.cases.sources.folder import load_folder
from dermtools.cases.sources.huggingface import SCHEME, is_saved, load_dataset
from dermtools.cases.sources.known_sets import KNOWN_KINDS
from dermtools.cases.sources.label_file import read_label_map
from dermtools.cases.sources.options import SourceOptions
from dermtools.cases.sources.pictures import is_file
from dermtools.cases.sources.published import load_published, published_tables
from dermtools.cases.sources.rows import OLD_WORKBOOKS, TABLE_SUFFIXES, is_table_name
from dermtools.cases.sources.table import load_table
from dermtools.errors import SourceError
from dermtools.files import local_path
from dermtools.progress import Progress
from dermtools.text import instead

SAMPLE = "sample"
_READERS: dict[str, Callable[[Path, SourceOptions], SourceData]] = {
    "folder": load_folder,
    "dermavqa": dermavqa.load_dermavqa,
    "woundcarevqa": woundcarevqa.load_woundcarevqa,
    "export": load_export,
}
_TABLES = ("table", *KNOWN_KINDS)
HUGGING_FACE = "huggingface"
KINDS = ("table", *_READERS, *KNOWN_KINDS, HUGGING_FACE, SAMPLE)
"""What a source may be said to be, where it is not to be guessed."""
_CHOICE = (
    f"give a table ({', '.join(TABLE_SUFFIXES)}), a folder with one folder a class, the folder of ISIC, HAM10000, "
    f"PAD-UFES-20, Fitzpatrick17k, DermaVQA-IIYI, WoundcareVQA, an ImageFolder or a saved Hugging Face dataset, "
    f"{SCHEME}NAME for one on the hub, or the word {SAMPLE}"
)


def load_source(
    location: str | Path,
    kind: str | None = None,
    options: SourceOptions | None = None,
    progress: Progress | None = None,
) -> SourceData:
    """Read a labelled image set: its tasks, its cases, and what could not be read.

    Args:
        location: a table file, a folder (of class folders, with a table that is known by its columns, or of a saved
            Hugging Face dataset), `hf:NAME` for a dataset on the hub, or `sample`.
        kind: one of `KINDS`; None guesses it from the location, and a published table from its columns. `table` is a
            table like any other, whatever its columns.
        options: how to read it; options that do not apply to the kind are refused.
        progress: told while pictures are compared, which only making splits needs.

    Raises:
        SourceError: nothing usable at the location, an unknown kind, or an option that does not fit.
    """
    options = options or SourceOptions()
    location = local_path(location, SourceError)
    named, kind = kind, kind or guess_kind(location)
    if kind == SAMPLE:
        return _load_sample(options)
    if options.vectors is not None:
        options = replace(options, without_pictures=True)
    if kind == HUGGING_FACE:
        return assemble(load_dataset(str(location), options), str(location), options, progress)
    if kind not in KINDS:
        raise SourceError(f"unknown kind of source {kind!r}; {instead(kind, KINDS)}")
    path = Path(location).expanduser()
    if kind == "export":
        path = export_folder(path) or path
    if kind in _TABLES and path.is_dir():
        return assemble(load_published(path, options, named), path, options, progress)
    if not (is_file(path) if kind in _TABLES else path.is_dir()):
        raise SourceError(f"{path}: no such {'file' if kind in _TABLES else 'folder'}; {_CHOICE}")
    data = load_table(path, options, named) if kind in _TABLES else _READERS[kind](path, options)
    return assemble(data, path, options, progress)


def guess_kind(location: str | Path) -> str:
    """Kind of source at a location.

    Raises:
        SourceError: nothing there, or nothing that can be read; says what can be given.
    """
    if str(location) == SAMPLE:
        return SAMPLE
    path = Path(location).expanduser()
    if str(location).startswith(SCHEME) or is_saved(path):
        return HUGGING_FACE
    if export_folder(path) is not None:
        return "export"
    if path.is_dir():
        if is_file(path / dermavqa.METADATA) or is_file(path / dermavqa.NUMBERS):
            return "dermavqa"
        if woundcarevqa.entry_files(path):
            return "woundcarevqa"
        return "table" if published_tables(path) else "folder"
    if not is_file(path):
        raise SourceError(f"{path}: no such file or folder; {_CHOICE}")
    if not is_table_name(path) and path.suffix.lower() not in OLD_WORKBOOKS:
        raise SourceError(f"{path}: not a source; {_CHOICE}")
    return "table"


def _load_sample(options: SourceOptions) -> SourceData:
    from dermtools.cases.sources.sample import load_sample

    options.refuse_others(SAMPLE, "tasks")
    data = load_sample()
    known = [task.name for task in data.tasks]
    requested = options.requested_tasks("the sample", known) or known

    def reduced(item: SourceCase) -> SourceCase:
        labels = {task: item.case.labels[task] for task in requested}
        return replace(item, case=item.case.model_copy(update={"labels": labels}))

    tasks = tuple(task for task in data.tasks if task.name in requested)
    data = replace(data, tasks=tasks, cases=tuple(map(reduced, data.cases)))
    return data if options.map_labels is None else read_label_map(options.map_labels).apply(data)

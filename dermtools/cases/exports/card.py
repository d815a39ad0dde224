"""The data card of a case base or an export: what is in it, where it comes from, what is missing, how to read it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import yaml

from dermtools.cases.case import SPLITS, Task
from dermtools.cases.exports.extract import Extract
from dermtools.cases.exports.huggingface import SPLIT_NAMES
from dermtools.cases.exports.reading import how_to_read
from dermtools.cases.exports.record import FILE_NAME, IMAGE, VECTOR, VECTOR_ROW, ExportRecord
from dermtools.text import name_key, one_line
from dermtools.vocabularies import records

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
_CREATIVE_COMMONS = ("cc-by", "cc-by-sa", "cc-by-nc", "cc-by-nc-sa", "cc-by-nd", "cc-by-nc-nd")
_HUB_LICENCES = {
    name_key(name): name for name in ("cc0-1.0", *(f"{kind}-{v}" for kind in _CREATIVE_COMMONS for v in ("3.0", "4.0")))
}
"""How Hugging Face's hub calls the licences that data sets of skin have."""
_MARKS = re.compile(r"([\\`*\[\]<>|#!])")
_HOLDS = {
    "case_id": "the case, one labelled picture",
    "group_id": "the patient, else the encounter or lesion: never let one stand on both sides of a split",
    "split": "train, valid or test",
}
_KINDS = {
    "label": "one label at most",
    "labels": "labels, several or none",
    "json": "values of several types, each as JSON",
    "integer": "whole number",
    "boolean": "true or false",
}


def card(extract: Extract, record: ExportRecord | None = None) -> str:
    """Markdown of the card; of an export where its record is given.

    Values of an attribute are counted only where it goes out, since a card is made to be passed on.
    """
    cases = extract.cases
    groups = len({cases.group_ids[row] for row in extract.rows})
    parts = [
        f"# Dermatology cases: {len(extract):,} cases of {groups:,} groups",
        "For research; nothing in it is a diagnosis. Made by dermtools "
        f"{extract.manifest.dermtools_version if record is None else record.dermtools_version}.",
        *_splits(extract),
        *(part for task in extract.manifest.tasks for part in _task(extract, task)),
        *_skin(extract),
        *_columns(extract, record),
        *_pictures_and_vectors(extract, record),
        *_sources(extract),
        *_missing(extract),
    ]
    if record is not None:
        parts += ["## How to read it", *how_to_read(record)]
    text = "\n\n".join(parts) + "\n"
    return _header(extract, record) + text if record is not None and record.to == "hf" else text


def _splits(extract: Extract) -> Iterator[str]:
    cases = extract.cases
    yield "## Splits"
    rows = []
    for split in (*SPLITS, None):
        own = [row for row in extract.rows if cases.splits[row] == split]
        if own:
            rows.append([split or "none", len(own), len({cases.group_ids[row] for row in own})])
    yield _table(["split", "cases", "groups"], rows)
    torn = _torn(extract)
    yield "No group stands in two splits." if not torn else f"{torn} groups stand in two splits: results may flatter."
    pseudonyms = extract.manifest.pseudonyms is not None
    yield "Ids of cases and groups are " + (
        "pseudonyms; only a key file that is not part of this leads back." if pseudonyms else "those of the sources."
    )


def _torn(extract: Extract) -> int:
    pairs = {(extract.cases.group_ids[row], split) for row in extract.rows if (split := extract.cases.splits[row])}
    return sum(count > 1 for count in Counter(group for group, _ in pairs).values())


def _task(extract: Extract, task: Task) -> Iterator[str]:
    cases = extract.cases
    labels = cases.labels[task.name]
    counts = Counter((label, cases.splits[row]) for row in extract.rows for label in labels[row])
    splits = [split for split in (*SPLITS, None) if any(cases.splits[row] == split for row in extract.rows)]
    rows = [[label, *(counts[label, split] for split in splits)] for label in task.labels]
    yield f"## Task {task.name}"
    yield _plain(task.question)
    yield _table(["label", *(split or "no split" for split in splits)], rows)
    unknown = sum(not labels[row] for row in extract.rows)
    several = sum(len(labels[row]) > 1 for row in extract.rows)
    yield f"Cases without a known label: {unknown:,}. Cases with several labels: {several:,}."


def _skin(extract: Extract) -> Iterator[str]:
    yield "## Skin tone"
    named = [name for name in extract.cases.attributes if records("skin type", name)]
    for name in named:
        if name in extract.left_out:
            yield f"{_plain(name)} is private and not counted here."
            continue
        column = extract.cases.attributes[name]
        groups: dict[str, set[str]] = {}
        counts: Counter[str] = Counter()
        for row in extract.rows:
            value = "unknown" if column[row] is None else str(column[row])
            counts[value] += 1
            groups.setdefault(value, set()).add(extract.cases.group_ids[row])
        yield _table(
            [name, "cases", "groups"], [[value, counts[value], len(groups[value])] for value in sorted(counts)]
        )
    if not named:
        yield "Not recorded."


def _columns(extract: Extract, record: ExportRecord | None) -> Iterator[str]:
    yield "## Columns"
    rows = [
        [
            column.name,
            _HOLDS.get(column.role)
            or f"{column.role} {'' if column.of == column.name else column.of}".strip()
            + f": {_KINDS.get(column.kind, column.kind)}",
        ]
        for column in extract.columns
    ]
    if record is not None:
        in_files = record.to != "hf"
        if record.pictures:
            rows.append([FILE_NAME, "the picture's file, below this folder"] if in_files else [IMAGE, "the picture"])
        if record.vectors is not None:
            in_array = record.vectors != VECTOR
            rows.append([VECTOR_ROW, f"row in {record.vectors}"] if in_array else [VECTOR, "the embedding, float32"])
    yield _table(["column", "holds"], rows)
    if extract.left_out:
        yield f"Attributes left out, which are private: {', '.join(map(_plain, extract.left_out))}."


def _pictures_and_vectors(extract: Extract, record: ExportRecord | None) -> Iterator[str]:
    manifest = extract.manifest
    yield "## Pictures and vectors"
    without = extract.has_picture.count(False)
    held = "Not part of this." if record is not None and not record.pictures else ""
    size = f"JPEG without metadata, {manifest.picture_side} pixels on the long side at most"
    painted = ", writing painted over" if manifest.redact else ""
    yield f"{held or size + painted + ': as the case base stores them.'} Cases without a picture: {without:,}."
    norm = "of norm 1" if manifest.identity.normalized else "of any norm"
    there = "" if record is None or record.vectors is not None else " They are not part of this."
    yield f"Vectors, {norm}, are made by {_plain(str(manifest.identity))}.{there}"


def _sources(extract: Extract) -> Iterator[str]:
    yield "## Sources"
    for source in extract.manifest.sources:
        told = {"Licence": source.licence, "Citation": source.citation, "Address": source.url}
        lines = [f"{word}: {_plain(text, 1000)}" for word, text in told.items() if text]
        lines += ["Its licence is not recorded."] * (source.licence is None)
        lines += [_plain(note, 1000) for note in source.notes]
        yield "\n".join([f"- {_plain(source.name)}", *(f"  - {line}" for line in lines)])
    if not extract.manifest.sources:
        yield "None is recorded."


def _missing(extract: Extract) -> Iterator[str]:
    rows = [
        [name, unknown]
        for name in extract.attributes
        if (unknown := sum(extract.cases.attributes[name][row] is None for row in extract.rows))
    ]
    if rows:
        yield "## Unknown values"
        yield _table(["attribute", "cases without"], rows)


def _header(extract: Extract, record: ExportRecord) -> str:
    """The YAML by which Hugging Face's hub and `datasets` know a data set."""
    size = next((name for most, name in _SIZES if len(extract) < most), "n>1M")
    there = [name for name in SPLIT_NAMES.values() if any(table.startswith(f"data/{name}-") for table in record.tables)]
    files = [{"split": name, "path": f"data/{name}-*"} for name in there]
    licences = {source.licence for source in extract.manifest.sources}
    named = licences.pop() if len(licences) == 1 else None
    header = {
        **({"license": _HUB_LICENCES.get(name_key(named), "other")} if named else {}),
        "pretty_name": f"Dermatology cases ({len(extract):,})",
        "task_categories": ["image-classification"],
        "tags": ["medical", "dermatology"],
        "size_categories": [size],
        "configs": [{"config_name": "default", "data_files": files}],
    }
    return f"---\n{yaml.safe_dump(header, sort_keys=False, allow_unicode=True)}---\n\n"


def _table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [[_plain(str(cell)) for cell in row] for row in (head, *rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (lines[0], ["---"] * len(head), *lines[1:]))


def _plain(text: str, limit: int = 200) -> str:
    """Text from data as Markdown shows it: no link, picture, tag or table of its own."""
    return _MARKS.sub(r"\\\1", one_line(text, limit))

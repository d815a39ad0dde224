"""`dermtools ingest`: a labelled image set becomes a case base."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dermtools.addresses import Address
from dermtools.cli.interruption import keeping
from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import JsonOption, NewCaseBasePath, RayOption
from dermtools.cli.vectors import fitting, with_identity
from dermtools.errors import CaseBaseError, SourceError
from dermtools.files import local_path
from dermtools.images.kinds import FORMATS
from dermtools.text import few

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dermtools.cases.case import Problem, SourceData
    from dermtools.retrieval import CaseBase, IngestReport

SHOWN = 20
"""Problems printed to a person; `--json` has them all."""
FEW = 3
"""Cases that are named of those with one reason."""


def ingest(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A table (CSV, TSV, XLSX, ODS, JSONL, Parquet), a folder with one directory per class, the folder of "
            "ISIC, HAM10000, PAD-UFES-20, Fitzpatrick17k, DermaVQA, WoundcareVQA, an ImageFolder or a saved "
            "Hugging Face dataset, hf:NAME for one on the hub, or the word `sample`. "
            f"Pictures are {FORMATS}.",
            show_default=False,
        ),
    ],
    path: NewCaseBasePath,
    kind: Annotated[
        str | None,
        typer.Option(
            "--from",
            "--kind",
            metavar="KIND",
            help="table, folder, export, sample, huggingface, or a published set: dermavqa, woundcarevqa, isic, "
            "isic-2019, isic-2020, ham10000, pad-ufes-20, fitzpatrick17k; else known by files and columns.",
        ),
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help="efficientnet-lite0 (default; where the extra encoder is not installed, descriptor), descriptor, "
            "onnx:FILE, hf:MODEL_OR_FOLDER, medimageinsight. Fixed once the case base exists.",
        ),
    ] = None,
    vectors: Annotated[
        str | None,
        typer.Option(
            metavar="COLUMN|FILE",
            help="Embeddings computed elsewhere: a column, or an .npy file (in the order of the rows) or .npz (with "
            "ids). Pictures may then be missing.",
        ),
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Name of the model that made --vectors, where it is not the --embedder."),
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Label column; repeat for several. Else well-known names."),
    ] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="ROLE=NAME", help="Column for case_id, image, group_id or split; repeat for several."),
    ] = None,
    separator: Annotated[str, typer.Option(help="What separates several labels in one cell.")] = "|",
    images: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Where the pictures are, if not beside the data; repeat for several.",
            parser=local_path,
        ),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="Encoding of a CSV, such as cp1250; else found.")
    ] = None,
    sheet: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sheet of a workbook; else the first with a header.")
    ] = None,
    group_pattern: Annotated[
        str | None,
        typer.Option(metavar="REGEX", help="Folder source: first group in the file name that is the patient."),
    ] = None,
    map_labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Table with columns old, new (empty drops the label) and perhaps task."),
    ] = None,
    attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMN", help="Keep a column as an attribute, private until shown; repeat for several."),
    ] = None,
    all_attributes: Annotated[
        bool, typer.Option("--all-attributes", help="Keep every further column: names, dates and notes too.")
    ] = False,
    pseudonyms: Annotated[
        bool, typer.Option("--pseudonyms", help="Opaque ids for cases and patients; only the key file leads back.")
    ] = False,
    key: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Key file of the pseudonyms, made where there is none; CASEBASE.key.json beside it by default. "
            "Keep it away from the case base.",
            parser=local_path,
        ),
    ] = None,
    check_text: Annotated[
        bool,
        typer.Option(
            "--check-text",
            help="List pictures with writing drawn in, such as names, with what was read: half a second each, extra "
            "ocr. It warns; what is small, blurred or handwritten is missed.",
        ),
    ] = False,
    redact: Annotated[
        bool | None,
        typer.Option(
            "--redact/--no-redact",
            help="Paint writing over in what is embedded and stored; the case base remembers. It is no anonymisation.",
            show_default="as before",
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the splits, where the source has none.")] = 0,
    batch_size: Annotated[int, typer.Option(min=1, help="Pictures per embedding batch and transaction.")] = 64,
    shared: Annotated[
        bool, typer.Option("--shared", help="A new case base is open to its group too, not to its owner only.")
    ] = False,
    ray: RayOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read a labelled image set, embed it, and add it to a case base (made where there is none).

    Run again after an interruption, it resumes.
    """
    from dermtools.cases import SourceOptions, load_source
    from dermtools.cases.pseudonyms import default_key
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    if key is not None and not pseudonyms:
        raise SourceError("--key goes with --pseudonyms; add it, or leave --key out")
    options = SourceOptions(
        columns=_columns(column or ()),
        tasks=tuple(task or ()),
        separator=separator,
        images=images or None,
        encoding=encoding,
        sheet=sheet,
        group_pattern=group_pattern,
        map_labels=map_labels,
        attributes="all" if all_attributes else tuple(attribute or ()),
        split_seed=seed,
        vectors=vectors,
    )
    if (vectors is None) != (identity is None) and (vectors is None or embedder is None):
        raise SourceError("--vectors goes with --identity NAME, or with the --embedder that made them")
    with bar() as progress:
        data = load_source(source, kind, options, progress)
    if shared and isinstance(path, Address):
        raise CaseBaseError(f"--shared is about folders; who may read {path} is a matter of the bucket's policy")
    if shared and path.is_dir() and any(path.iterdir()) and not path.stat().st_mode & 0o070:
        raise CaseBaseError(f"{path} is there, for its owner only; share it with: chmod -R g+rX {quote(str(path))}")
    case_base = (
        CaseBase.open_or_create(
            path, embedder=fitting(embedder, data) if vectors and embedder else embedder, shared=shared
        )
        if identity is None
        else with_identity(path, identity, data, shared=shared)
    )
    key_file = (key or default_key(path)) if pseudonyms else None

    def kept() -> str:
        return f"{len(CaseBase.open(path))} cases are kept in {path}; to go on, run"

    with keeping(kept), bar() as progress:
        how: dict[str, Any] = {"batch_size": batch_size, "progress": progress, "key_file": key_file}
        how |= {"check_text": check_text, "redact": redact}
        report = case_base.add(data, **how) if ray is None else _over(ray, case_base, data, how)
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    _show(report, len(case_base), path)


def _over(address: str, case_base: CaseBase, data: SourceData, how: dict[str, Any]) -> IngestReport:
    from dermtools.distributed.ingest import ingest_over

    return ingest_over(address, case_base, data, **how)


def _columns(pairs: list[str] | tuple[()]) -> dict[str, str]:
    columns = {}
    for pair in pairs:
        role, equals, name = pair.partition("=")
        if not equals or not role or not name:
            raise SourceError(f"--column {pair}: write ROLE=NAME, e.g. --column image=photo_path")
        columns[role] = name
    return columns


def _show(report: IngestReport, total: int, path: Path) -> None:
    from dermtools.retrieval.writing import NO_WRITING

    show(
        f"{path}: {report.added} cases added, {report.updated} updated, {report.unchanged} unchanged; "
        f"{total} in all ({report.seconds:.1f} s)"
    )
    if report.writing == ():
        show("", NO_WRITING)
    painted = any(one.painted for one in report.writing or ())
    for title, count, lines in (
        (
            "same picture under another id",
            len(report.duplicates),
            [f"{one.case_id} is also {one.same_as}" for one in report.duplicates],
        ),
        ("left out or doubtful", len(report.problems), _by_reason(report.problems)),
        (
            "writing drawn in" + (", painted over" if painted else ""),
            len(report.writing or ()),
            [one.line() for one in report.writing or ()],
        ),
        ("notes", len(report.notes), list(report.notes)),
    ):
        if lines:
            show("", f"{title}: {count}", *(f"  {line}" for line in lines[:SHOWN]))
        if len(lines) > SHOWN:
            show(f"  and {len(lines) - SHOWN} more; --json prints them all")


def _by_reason(problems: Sequence[Problem]) -> list[str]:
    """One line a problem; those of one reason in one line, where they are more than a few."""
    places: dict[str, list[str]] = {}
    for problem in problems:
        places.setdefault(problem.reason, []).append(problem.where)
    lines = []
    for reason, found in places.items():
        if len(found) > FEW:
            lines.append(f"{len(found)} times, {few(found, FEW)} (--json names all): {reason}")
        else:
            lines += [f"{where}: {reason}" for where in found]
    return lines

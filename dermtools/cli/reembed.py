"""`dermtools reembed`: the same cases by another embedder's vectors."""

from __future__ import annotations

from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from dermtools.cli.interruption import keeping
from dermtools.cli.output import print_json, show
from dermtools.cli.parameters import CaseBasePath, JsonOption
from dermtools.files import local_path
from dermtools.text import few

SHOWN = 20
"""Problems printed to a person; `--json` has them all."""


def reembed(
    path: CaseBasePath,
    embedder: Annotated[str, typer.Option("--embedder", metavar="SPEC", help="The other embedder, as for ingest.")],
    into: Annotated[
        Path | None,
        typer.Option(
            metavar="NEW",
            help="Make a case base of its own of it, instead of further vectors in this one.",
            parser=local_path,
        ),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Pictures per embedding batch and transaction.")] = 64,
    as_json: JsonOption = False,
) -> None:
    """Embed the stored pictures with another embedder: `search --embedder SPEC` and others then go by its vectors.

    The stored pictures are small, not the originals. Run again after an interruption, or when cases have come, gone or
    changed, it does what is left.
    """
    from dermtools.progress import bar
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(path)
    with keeping(lambda: "what is embedded is kept; to go on, run"), bar() as progress:
        done = case_base.reembed(embedder, into=into, batch_size=batch_size, progress=progress)
    if as_json:
        print_json(done.model_dump(mode="json"))
        return
    gone = f", {done.removed} removed" if done.removed else ""
    show(
        f"{done.path}: {done.embedded} cases embedded with {done.embedder}, {done.unchanged} were already{gone} "
        f"({done.seconds:.1f} s)",
        f"from the stored pictures, at most {done.picture_side} pixels a side: not the originals",
    )
    if done.problems:
        show("", f"not embedded: {len(done.problems)}", f"  {few(done.problems, SHOWN, chr(10) + '  ')}")
    if into is None:
        show(f"search by it: dermtools search {quote(str(path))} IMAGE --embedder {quote(embedder)}")

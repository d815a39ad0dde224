"""`--embedders`: the same methods by the vectors of several embedders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from dermtools.evaluation import Arm
    from dermtools.retrieval import CaseBase


def views(case_base: CaseBase, embedder: str | None, embedders: str | None) -> list[tuple[CaseBase, str | None]]:
    """The case base by the vectors of each embedder, and what its arms are called by; as it is where none is named."""
    from dermtools.retrieval import CaseBase

    if embedders is None:
        return [(case_base, None)]
    specs = [spec.strip() for spec in embedders.split(",") if spec.strip()]
    if embedder is not None:
        raise QueryError("--embedders names all that are compared; leave out --embedder")
    if len(specs) < 2 or len(set(specs)) < len(specs):
        raise QueryError(f"--embedders {embedders}: name two or more different ones, comma-separated")
    found = [CaseBase.open(case_base.path, embedder=spec) for spec in specs]
    names = [view.identity.name for view in found]
    return list(zip(found, names if len(set(names)) == len(names) else specs, strict=True))


def in_space(arms: list[Arm], view: CaseBase, name: str | None) -> list[Arm]:
    """The arms, asked by the vectors of the view, and called by its embedder."""
    from dermtools.evaluation import Arm, InSpace

    if name is None:
        return arms
    return [replace(Arm.of(InSpace(arm.method, view)), name=f"{arm.name} · {name}") for arm in arms]

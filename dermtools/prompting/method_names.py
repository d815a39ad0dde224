"""Names of prompted methods: `zero-shot`, `random-K`, `rag-K`, `rag-mmr-K`, `rag-balanced-K`, `rag-labels-K`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dermtools.errors import PromptError
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.prompting.files.schema import InstructionKind

MAX_SHOTS = 100
WITH_SHOTS: tuple[InstructionKind, ...] = ("random", "rag", "rag-mmr", "rag-balanced", "rag-labels")
_DIVERSITY: dict[InstructionKind, Literal["mmr", "balanced"]] = {"rag-mmr": "mmr", "rag-balanced": "balanced"}


@dataclass(frozen=True)
class PromptedMethodName:
    """A method's name, taken apart."""

    kind: InstructionKind
    k: int
    """Examples in the prompt; 0 for `zero-shot`."""

    @property
    def diversity(self) -> Literal["mmr", "balanced"] | None:
        """How retrieved examples are spread; None: the nearest."""
        return _DIVERSITY.get(self.kind)

    @property
    def layout(self) -> str | None:
        """Layout of the examples that the method prescribes: of `rag-labels` their labels, without pictures."""
        return "labels" if self.kind == "rag-labels" else None

    def __str__(self) -> str:
        return self.kind if self.kind == "zero-shot" else f"{self.kind}-{self.k}"


def parse_method(name: str) -> PromptedMethodName:
    """Take a method's name apart.

    Raises:
        PromptError: no such method, or no sensible number of examples.
    """
    if name == "zero-shot":
        return PromptedMethodName("zero-shot", 0)
    stem, _, number = name.rpartition("-")
    kind = next((kind for kind in WITH_SHOTS if kind == stem), None)
    if kind is None or not re.fullmatch("[0-9]{1,4}", number):
        known = ["zero-shot", *(f"{kind}-K" for kind in WITH_SHOTS)]
        near = instead(re.sub("[0-9]+$", "K", name), known)
        raise PromptError(f"no prompted method {name!r}; {near}, with K a number of examples, like rag-5")
    if not 1 <= int(number) <= MAX_SHOTS:
        raise PromptError(f"{name}: a prompt takes 1 to {MAX_SHOTS} examples")
    return PromptedMethodName(kind, int(number))

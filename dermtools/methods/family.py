"""A family of methods: the pattern of its names, what it needs, which options it takes, and what builds it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import Parameter, signature
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError

if TYPE_CHECKING:
    from dermtools.prediction import Method
    from dermtools.retrieval import CaseBase


@dataclass(frozen=True)
class MethodFamily:
    """One entry of the registry, e.g. `knn-vote-K` or `adapter`.

    The builder gets `case_base` and `task`, and of `name`, `k` and `model` what it has a parameter for; its other
    parameters are the family's options. What it returns needs at least `name`, `task` and `predict`.
    """

    pattern: str
    """How people see its names; a last `-K` stands for a whole number."""
    kind: str
    """`vote`, `baseline`, `classifier`, `fusion`, `prompted`, `agent`, or a word of one's own."""
    builder: Callable[..., Any] | str
    """Or where it is, `module:name`, so that listing families imports nothing."""
    needs_model: bool = False
    """Whether it asks a chat model."""
    largest: int = 999_999
    """K at most."""
    further: str | None = None
    """Where a TypedDict of options is, `module:name`, that the builder takes besides, as `**options`."""
    without: tuple[str, ...] = ()
    """Options among them that mean nothing to this family."""
    variants: bool = False
    """Whether a name may go on, `-` and a word, which the builder gets with the name: `agent-always`."""

    @property
    def options(self) -> dict[str, str]:
        """Options by name, each with its type as it is written."""
        own = {name: one.annotation for name, one in self._parameters().items() if one.kind is not one.VAR_KEYWORD}
        listed = own | (resolve_name(self.further).__annotations__ if self.further else {})
        passed_over = ("case_base", "task", "name", "k", "model", *self.without)
        return {name: getattr(t, "__forward_arg__", str(t)) for name, t in listed.items() if name not in passed_over}

    def check(self, name: str, model: object, options: dict[str, Any]) -> None:
        """Raise QueryError for a K out of bounds, what the method does not take, and a missing model."""
        k = self._k(name)
        if k is not None and not 1 <= k <= self.largest:
            raise QueryError(f"{name}: K of {self.pattern} is a whole number from 1 to {self.largest}")
        foreign = sorted(options.keys() - self.options.keys()) if options else []
        if model is not None and not self.needs_model:
            foreign.append("model")
        if foreign:
            taken = ", ".join([*self.options, *(["model"] if self.needs_model else [])])
            raise QueryError(f"{name} does not take {', '.join(foreign)}; its options: {taken or 'none'}")
        if model is None and self.needs_model:
            raise QueryError(f"{name} asks a chat model; name it, e.g. --model openai:gpt-4.1")

    def build(self, name: str, case_base: CaseBase, task: str, model: object, options: dict[str, Any]) -> Method:
        """The method, made over a case base.

        Raises:
            QueryError: as `check`; or no such task, or what the builder made is no method.
        """
        from dermtools.prediction import as_method

        self.check(name, model, options)
        task = case_base.task(task).name
        filled = {"case_base": case_base, "task": task, "name": name, "k": self._k(name), "model": model}
        parameters = self._parameters()
        made = self._load()(**{key: value for key, value in filled.items() if key in parameters}, **options)
        if not all(hasattr(made, part) for part in ("name", "task", "predict")):
            raise QueryError(f"what builds {self.pattern} made a {type(made).__name__} without name, task or predict")
        return as_method(made)

    def _k(self, name: str) -> int | None:
        return int(name.rpartition("-")[2]) if self.pattern.endswith("-K") else None

    def _load(self) -> Any:
        return resolve_name(self.builder) if isinstance(self.builder, str) else self.builder

    def _parameters(self) -> dict[str, Parameter]:
        return dict(signature(self._load()).parameters)


def matches(pattern: str, name: str) -> bool:
    """Whether a name is the pattern, or has a number for the K at its end."""
    stem = pattern.removesuffix("-K")
    return re.fullmatch(re.escape(stem) + ("" if stem == pattern else "-[0-9]{1,6}"), name) is not None

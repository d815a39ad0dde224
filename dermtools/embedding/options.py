"""Options of an embedder: read strictly, and written back into its spec string."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self
from urllib.parse import parse_qsl, urlencode

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from dermtools.errors import EmbeddingError
from dermtools.numbers import plain


def _comma_separated(value: object) -> object:
    if isinstance(value, str):
        return value.split(",") if value else []
    return value


CommaSeparatedFloats = Annotated[tuple[float, ...], BeforeValidator(_comma_separated)]
CommaSeparatedInts = Annotated[tuple[int, ...], BeforeValidator(_comma_separated)]


class Options(BaseModel):
    """Base of every embedder's options. Values may be typed or, from a spec, strings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    runtime: ClassVar[frozenset[str]] = frozenset()
    """Options that change speed but no vector; they are left out of the stored spec."""

    @classmethod
    def read(cls, values: Mapping[str, object], *, where: str) -> Self:
        """Validate `values`. Raises EmbeddingError, a line that begins with `where`: unknown option or bad value."""
        try:
            return cls.model_validate({name: plain(value) for name, value in values.items()})
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            name = ".".join(str(part) for part in first["loc"] if isinstance(part, str))
            if first["type"] == "extra_forbidden":
                known = ", ".join(sorted(cls.model_fields)) or "none"
                raise EmbeddingError(f"{where}: unknown option {name!r}; options are: {known}") from None
            message = first["msg"].removeprefix("Value error, ")
            raise EmbeddingError(f"{where}: {f'option {name!r}: ' if name else ''}{message}") from None

    @classmethod
    def spec(cls, kind: str, rest: str, given: Mapping[str, object]) -> str:
        """The spec string that gives the same vectors again."""
        kept = {name: value for name, value in sorted(given.items()) if name not in cls.runtime and value is not None}
        query = urlencode({name: _text(value) for name, value in kept.items()}, safe=",/:")
        return kind + (f":{rest}" if rest else "") + (f"?{query}" if query else "")


def split_spec(spec: str) -> tuple[str, str, dict[str, object]]:
    """Split `KIND[:REST][?NAME=VALUE&...]` into kind, rest and options.

    Raises:
        EmbeddingError: no kind, a part of the query without `=`, or an option given twice.
    """
    head, _, query = spec.strip().partition("?")
    kind, _, rest = head.partition(":")
    if not kind:
        raise EmbeddingError(f"embedder spec {spec!r} names no kind; write KIND[:REST], such as `onnx:model.onnx`")
    try:
        pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query))
    except ValueError:
        raise EmbeddingError(f"embedder spec {spec!r}: options after `?` read NAME=VALUE&NAME=VALUE") from None
    options: dict[str, object] = {}
    for name, value in pairs:
        if name in options:
            raise EmbeddingError(f"embedder spec {spec!r}: option {name!r} is given twice")
        options[name] = value
    return kind, rest, options


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return ",".join(map(_text, value))
    return str(value)

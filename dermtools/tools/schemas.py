"""The tools as they are offered over one case base: their arguments, with what may be given in this very place."""

from __future__ import annotations

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import WithJsonSchema, create_model
from pydantic.json_schema import GenerateJsonSchema

from dermtools.text import few
from dermtools.tools.arguments import ALL_TASKS, Arguments

if TYPE_CHECKING:
    from dermtools.tools.catalog import ToolSpec
    from dermtools.tools.pictures.grants import ImageGrants


@dataclass(frozen=True)
class Offer:
    """What there is to choose from. A manifest and the operator's settings know it: no case is read for it."""

    tasks: tuple[str, ...]
    grants: ImageGrants
    with_model: bool


class _Plain(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def input_schema(spec: ToolSpec, offer: Offer) -> dict[str, Any]:
    """JSON Schema of a tool's arguments: a type and a description at each, no references, titles or defaults."""
    schema = offered_arguments(spec, offer).model_json_schema(schema_generator=_Plain)
    return {key: value for key, value in schema.items() if key not in ("title", "description")}


def offered_arguments(spec: ToolSpec, offer: Offer) -> type[Arguments]:
    """A tool's arguments, naming the tasks and what may be given as a picture.

    They take what `spec.arguments` take: a task that is not there is refused by the case base, which knows best.
    """
    fields: dict[str, Any] = {}
    for name, field in spec.arguments.model_fields.items():
        told = copy(field)
        if name == "task":
            every = [] if field.is_required() else [ALL_TASKS]
            told.metadata = [*field.metadata, _one_of(dict.fromkeys((*every, *offer.tasks)))]
        elif name == "image":
            told.description = picture_words(offer.grants)
        fields[name] = (field.annotation, told)
    return create_model(f"{spec.name}_arguments", __base__=spec.arguments, __doc__=spec.description, **fields)


def _one_of(values: Iterable[str]) -> WithJsonSchema:
    named = list(values)
    return WithJsonSchema({"type": "string", **({"enum": named} if named else {})})


def picture_words(grants: ImageGrants) -> str:
    """An argument that is a picture, said to a model."""
    return f"The picture: {picture_ways(grants)}. Example: img_0123456789abcdef"


def picture_ways(grants: ImageGrants) -> str:
    """What may be given as a picture here."""
    ways = ["img_... of an attached picture or an earlier call", "case:ID"]
    if folders := list(grants.names):
        ways.append(f"a file in the folder{'s' * (len(folders) > 1)} {few(folders, 5)}")
    if grants.data_urls:
        ways.append("a data: URL")
    if grants.hosts:
        ways.append(f"an address at {few(sorted(map(str, grants.hosts)), 5)}")
    return f"{', '.join(ways[:-1])} or {ways[-1]}"

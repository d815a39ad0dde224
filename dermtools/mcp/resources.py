"""What a client may read: the case base's description, a case, its picture, and the cases of a label."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, unquote

import mcp_types as types
import numpy as np

from dermtools.errors import QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.mcp.served import ServedCaseBase
from dermtools.text import one_line
from dermtools.tools import DermContext, Workspace, describe_case_base
from dermtools.tools.arguments import DescribeArguments
from dermtools.tools.pictures.showing import stored_jpeg
from dermtools.tools.results import FoundCase

CASE_BASE = "dermtools://case-base"
CASE = "dermtools://cases/{case_id}"
PICTURE = "dermtools://cases/{case_id}/picture"
LABEL = "dermtools://tasks/{task}/labels/{label}"
TEMPLATES = (CASE_BASE, CASE, PICTURE, LABEL)

JSON = "application/json"
MAX_VALUE = 1000
"""Characters of one text that a resource quotes from the case base."""
MAX_LISTED = 200
"""Cases of a label that are listed."""

_SCHEME = "dermtools://"
_MAX_URI = 4096


@dataclass(frozen=True)
class _Resource:
    """What stands at an address, or at all that follow a template."""

    uri: str
    name: str
    title: str
    description: str
    read: Callable[..., dict[str, Any] | bytes]
    """Takes the workspace, the context, and the values in the address."""
    mime_type: str = JSON

    @property
    def about(self) -> dict[str, Any]:
        return {"name": self.name, "title": self.title, "description": self.description, "mime_type": self.mime_type}


def case_uri(case_id: str) -> str:
    """Address of a case."""
    return CASE.format(case_id=quote(case_id, safe=""))


def picture_uri(case_id: str) -> str:
    """Address of a case's picture."""
    return PICTURE.format(case_id=quote(case_id, safe=""))


def parse_uri(uri: str) -> tuple[str, list[str]]:
    """The one of `TEMPLATES` that an address follows, and the values in it.

    Raises:
        QueryError: it is none of this server's.
    """
    if uri.startswith(_SCHEME) and len(uri) <= _MAX_URI:
        parts = [unquote(part) for part in uri.removeprefix(_SCHEME).rstrip("/").split("/")]
        for template in TEMPLATES:
            names = template.removeprefix(_SCHEME).split("/")
            pairs = list(zip(names, parts, strict=False))
            if len(names) == len(parts) and all(part if name[0] == "{" else part == name for name, part in pairs):
                return template, [part for name, part in pairs if name[0] == "{"]
    raise QueryError(f"no resource {one_line(uri, 200)!r}; there are: {', '.join(TEMPLATES)}")


def list_resources() -> list[types.Resource]:
    """What has one address. Cases are too many: they come by the templates."""
    return [types.Resource(uri=one.uri, **one.about) for one in _RESOURCES.values() if "{" not in one.uri]


def list_templates() -> list[types.ResourceTemplate]:
    """What has an address for each value."""
    return [types.ResourceTemplate(uri_template=one.uri, **one.about) for one in _RESOURCES.values() if "{" in one.uri]


def read_resource(served: ServedCaseBase, uri: str) -> types.ReadResourceResult:
    """The content at an address.

    Raises:
        QueryError: there is nothing at this address.
        CaseBaseError: the case base cannot be read.
    """
    template, values = parse_uri(uri)
    resource = _RESOURCES[template]
    content = served.call(lambda workspace: resource.read(workspace, served.context, *values))
    if isinstance(content, bytes):
        blob = base64.b64encode(content).decode("ascii")
        picture = types.BlobResourceContents(uri=uri, mime_type=resource.mime_type, blob=blob)
        return types.ReadResourceResult(contents=[picture])
    # A model reads this text as it is, so what stands in it is bounded; JSON itself escapes control characters.
    text = json.dumps(_bounded(content), indent=1)
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=JSON, text=text)])


def _case(workspace: Workspace, context: DermContext, case_id: str) -> dict[str, Any]:
    case = workspace.case(case_id, context)
    case_base = workspace.case_base
    found = FoundCase.of(case, case_base.tasks, shown=case_base.attributes.shown)
    return {**found.model_dump(mode="json", exclude={"rank", "distance"}), "picture": picture_uri(case.case_id)}


def _label(workspace: Workspace, _: DermContext, task_name: str, label: str) -> dict[str, Any]:
    case_base = workspace.case_base
    task = case_base.task(task_name)
    if label not in task.labels:
        labels = ", ".join(one_line(label, 80) for label in task.labels[:60])
        raise QueryError(f"task {task.name} has no label {one_line(label, 80)!r}; it has: {labels}")
    columns = case_base.columns
    rows = np.flatnonzero(columns.labels[task.name].mask(label))
    listed = [columns.case_ids[row] for row in rows[:MAX_LISTED].tolist()]
    cases = [{"case_id": case_id, "uri": case_uri(case_id)} for case_id in listed]
    return {"task": task.name, "label": label, "count": len(rows), "cases": cases}


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value, MAX_VALUE)
    if isinstance(value, list):
        return [_bounded(item) for item in value]
    if isinstance(value, dict):
        return {one_line(key, MAX_VALUE): _bounded(item) for key, item in value.items()}
    return value


_RESOURCES = {
    resource.uri: resource
    for resource in (
        _Resource(
            CASE_BASE,
            "case-base",
            "The case base",
            "Tasks with their labels and counts, attributes, embedder, sources, and what it covers badly",
            lambda workspace, context: describe_case_base(workspace, DescribeArguments(), context).artifact,
        ),
        _Resource(CASE, "case", "A case", "Labels and attributes of a case", _case),
        _Resource(
            PICTURE,
            "case-picture",
            "A case's picture",
            "Clean JPEG, long side at most 512 pixels",
            lambda workspace, context, case_id: stored_jpeg(workspace, context, CASE_PREFIX + case_id),
            "image/jpeg",
        ),
        _Resource(
            LABEL,
            "label",
            "Cases of a label",
            f"Ids of the cases that carry a label of a task, at most {MAX_LISTED}, and how many there are",
            _label,
        ),
    )
}

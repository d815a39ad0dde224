"""What a client may read: the case base's description, a case, its picture, and the cases of a label."""

from __future__ import annotations

import base64
import json
from typing import Any

import mcp_types as types

from dermtools.cases.case import Case
from dermtools.errors import QueryError
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.uris import (
    CASE_BASE_URI,
    CASE_TEMPLATE,
    LABEL_TEMPLATE,
    PICTURE_TEMPLATE,
    CaseAddress,
    CaseBaseAddress,
    LabelAddress,
    case_uri,
    parse_uri,
    picture_uri,
)
from dermtools.text import one_line
from dermtools.tools.arguments import DescribeArguments
from dermtools.tools.describing import describe_case_base
from dermtools.tools.results import FoundCase
from dermtools.tools.workspace import Workspace

MAX_VALUE = 1000
"""Characters of one text that a resource quotes from the case base."""
MAX_LISTED = 200
"""Cases of a label that are listed."""

JSON = "application/json"
JPEG = "image/jpeg"


def list_resources() -> list[types.Resource]:
    """What there is without an argument. Cases are too many: they come by the templates."""
    return [
        types.Resource(
            uri=CASE_BASE_URI,
            name="case-base",
            title="The case base",
            description="Tasks with their labels and counts, attributes, embedder, sources, and what it covers badly",
            mime_type=JSON,
        )
    ]


def list_templates() -> list[types.ResourceTemplate]:
    """What there is with an argument."""
    return [
        types.ResourceTemplate(
            uri_template=CASE_TEMPLATE,
            name="case",
            title="A case",
            description="Labels and attributes of a case",
            mime_type=JSON,
        ),
        types.ResourceTemplate(
            uri_template=PICTURE_TEMPLATE,
            name="case-picture",
            title="A case's picture",
            description="Clean JPEG, long side at most 512 pixels",
            mime_type=JPEG,
        ),
        types.ResourceTemplate(
            uri_template=LABEL_TEMPLATE,
            name="label",
            title="Cases of a label",
            description=f"Ids of the cases that carry a label of a task, at most {MAX_LISTED}, and how many there are",
            mime_type=JSON,
        ),
    ]


def read_resource(served: ServedCaseBase, uri: str) -> types.ReadResourceResult:
    """The content at an address.

    Raises:
        QueryError: there is nothing at this address.
        CaseBaseError: the case base cannot be read.
    """
    address = parse_uri(uri)
    match address:
        case CaseBaseAddress():
            return _json(uri, served.call(lambda workspace: _description(served, workspace)))
        case CaseAddress(picture=True):
            jpeg = served.call(lambda workspace: _jpeg(served, workspace, address.case_id))
            blob = base64.b64encode(jpeg).decode("ascii")
            contents = types.BlobResourceContents(uri=uri, mime_type=JPEG, blob=blob)
            return types.ReadResourceResult(contents=[contents])
        case CaseAddress():
            return _json(uri, served.call(lambda workspace: _case(served, workspace, address.case_id)))
        case LabelAddress():
            return _json(uri, served.call(lambda workspace: _label(workspace, address)))


def _description(served: ServedCaseBase, workspace: Workspace) -> dict[str, Any]:
    return describe_case_base(workspace, DescribeArguments(), served.context).artifact


def _found(served: ServedCaseBase, workspace: Workspace, case_id: str) -> Case:
    return workspace.case(case_id, served.context)


def _jpeg(served: ServedCaseBase, workspace: Workspace, case_id: str) -> bytes:
    return workspace.case_base.jpeg(_found(served, workspace, case_id).case_id)


def _case(served: ServedCaseBase, workspace: Workspace, case_id: str) -> dict[str, Any]:
    case = _found(served, workspace, case_id)
    found = FoundCase.of(case, workspace.case_base.tasks)
    return {**found.model_dump(mode="json", exclude={"rank", "distance"}), "picture": picture_uri(case.case_id)}


def _label(workspace: Workspace, address: LabelAddress) -> dict[str, Any]:
    case_base = workspace.case_base
    task = case_base.task(address.task)
    if address.label not in task.labels:
        labels = ", ".join(one_line(label, 80) for label in task.labels[:60])
        raise QueryError(f"task {task.name} has no label {one_line(address.label, 80)!r}; it has: {labels}")
    columns = case_base.columns
    rows = [row for row, labels in enumerate(columns.labels.get(task.name, ())) if address.label in labels]
    listed = [columns.case_ids[row] for row in rows[:MAX_LISTED]]
    cases = [{"case_id": case_id, "uri": case_uri(case_id)} for case_id in listed]
    return {"task": task.name, "label": address.label, "count": len(rows), "cases": cases}


def _json(uri: str, value: dict[str, Any]) -> types.ReadResourceResult:
    # A model reads this text as it is, so what stands in it is bounded; JSON itself escapes control characters.
    text = json.dumps(_bounded(value), indent=1)
    return types.ReadResourceResult(contents=[types.TextResourceContents(uri=uri, mime_type=JSON, text=text)])


def _bounded(value: Any) -> Any:
    if isinstance(value, str):
        return one_line(value, MAX_VALUE)
    if isinstance(value, list):
        return [_bounded(item) for item in value]
    if isinstance(value, dict):
        return {one_line(key, MAX_VALUE): _bounded(item) for key, item in value.items()}
    return value

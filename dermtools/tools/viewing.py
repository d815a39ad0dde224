"""`list_pictures` and `view_pictures`: which pictures lie in the granted folders, and a look at some."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from dermtools.errors import ImageError
from dermtools.handles import CASE_PREFIX
from dermtools.hidden_paths import without_paths
from dermtools.tools.pictures.newest import newest_pictures
from dermtools.tools.results import Data, Result, ToolResult, quoted, shown

if TYPE_CHECKING:
    from dermtools.tools.arguments import ListArguments, ViewArguments
    from dermtools.tools.context import DermContext
    from dermtools.tools.workspace import Workspace

MAX_THUMBNAILS = 6
"""Pictures of a list that are opened and shown."""
UNSEEN = (
    "They are shown beside this result, or right after it. If you see none, pictures cannot be shown to you here: do "
    "not describe them; rest on labels and distances, and say that you did not see them."
)


class ListedPicture(Data):
    """A file of a granted folder."""

    file: str = Field(description="FOLDER/NAME, to be given as a picture")
    modified: str = Field(description="UTC, ISO 8601, to the second")
    bytes: int
    handle: str | None = Field(description="where it was asked to show pictures, and this one could be read")


class ListResult(Result):
    """Data of `list_pictures`."""

    folders: list[str] = Field(description="names of the granted folders")
    files: list[ListedPicture] = Field(description="newest first")


class ViewResult(Result):
    """Data of `view_pictures`."""


def list_pictures(workspace: Workspace, arguments: ListArguments, context: DermContext) -> ToolResult:
    """The newest picture files in the granted folders themselves; a thumbnail of the first of them on request."""
    found, notes = newest_pictures(workspace.grants, arguments.count)
    handles: dict[str, str] = {}
    for one in found[:MAX_THUMBNAILS] if arguments.show_pictures else ():
        try:
            handles[one.file] = workspace.handle(one.file, context)
        except ImageError as error:
            notes.append(f"{one.file} cannot be shown: {without_paths(str(error), workspace.known_paths)}")
    if arguments.show_pictures and len(found) > MAX_THUMBNAILS:
        notes.append(f"the newest {MAX_THUMBNAILS} are shown; view_pictures shows others")
    result = ListResult(
        folders=list(workspace.grants.names),
        files=[
            ListedPicture(
                file=one.file,
                modified=one.modified.isoformat(timespec="seconds"),
                bytes=one.size,
                handle=handles.get(one.file),
            )
            for one in found
        ],
        pictures=list(dict.fromkeys(handles.values())),
        notes=notes,
    )
    lines = [
        f"{one.file}, {one.modified[:16].replace('T', ' ')} UTC, {one.bytes:,} bytes"
        + (f", shown as {one.handle}" if one.handle else "")
        for one in result.files
    ]
    head = f"{len(lines)} newest pictures of the folders, newest first; give a name as it stands here:"
    return ToolResult(f"{head}\n{quoted(lines or ['no picture'], result.notes)}", result)


def view_pictures(workspace: Workspace, arguments: ViewArguments, context: DermContext) -> ToolResult:
    """Ask that the model is shown pictures; who runs the tool shows those that the result names.

    Raises:
        QueryError: there is no such case, or this run may not see it.
        ImageError: a picture cannot be read, or may not be.
    """
    handles = list(dict.fromkeys(workspace.handle(one, context) for one in arguments.handles))
    remarks = [remark for handle in handles if (remark := workspace.remark(handle, context))]
    result = ViewResult(
        pictures=handles,
        case_ids=[one.removeprefix(CASE_PREFIX) for one in handles if one.startswith(CASE_PREFIX)],
    )
    named = quoted([f"pictures asked for: {shown(handles)}"])
    return ToolResult("\n".join([*remarks, named, UNSEEN]), result)

"""One LangChain tool: a typed shell over one plain function."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal, Optional

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool, ToolException
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, create_model
from pydantic.json_schema import SkipJsonSchema

from dermtools.errors import DermtoolsError
from dermtools.tools.arguments import Arguments
from dermtools.tools.catalog import Function
from dermtools.tools.context import DermContext
from dermtools.tools.pictures.showing import picture_blocks
from dermtools.tools.tool_errors import error_message, validation_message
from dermtools.tools.workspace import Workspace

# LangChain fills it in where a tool runs in an agent; models never see it and cannot set it. `Optional`, since
# LangChain does not look into `X | None`. Not serialized: LangChain dumps the arguments, and pictures are in there.
_Runtime = Annotated[Optional[ToolRuntime[Any, Any]], SkipJsonSchema(), PlainSerializer(lambda _: None)]  # noqa: UP045


class _Input(Arguments):
    """Base of all input schemas."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class DermTool(BaseTool):
    """A tool over a case base. In an agent with a `DermContext` it gives pictures by handle, else as image blocks.

    Errors come back as text that says what to do: change the arguments, or stop.
    """

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = validation_message
    function: Function = Field(exclude=True, repr=False)
    arguments: type[Arguments] = Field(exclude=True, repr=False)
    workspace: Any = Field(exclude=True, repr=False, description="a Workspace")
    context: Any = Field(exclude=True, repr=False, description="DermContext for calls outside an agent")

    def _run(self, runtime: ToolRuntime[Any, Any] | None = None, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        given = getattr(runtime, "context", None)
        context: DermContext = given if isinstance(given, DermContext) else self.context
        try:
            result = self.function(self.workspace, self.arguments(**arguments), context)
            blocks = [] if context is given else picture_blocks(self.workspace, context, result.data.pictures)
        except DermtoolsError as error:
            raise ToolException(error_message(error, self.workspace.case_base.path)) from error
        content = [{"type": "text", "text": result.text}, *blocks] if blocks else result.text
        return content, result.artifact

    async def _arun(self, runtime: ToolRuntime[Any, Any] | None = None, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        return await asyncio.to_thread(self._run, runtime=runtime, **arguments)


def derm_tool(
    name: str,
    description: str,
    function: Function,
    arguments: type[Arguments],
    workspace: Workspace,
    context: DermContext,
) -> DermTool:
    """A tool over one plain function; `context` is for calls outside an agent."""
    schema: type[BaseModel] = create_model(
        f"{name}_input", __base__=(arguments, _Input), __doc__=description, runtime=(_Runtime, None)
    )
    return DermTool(
        name=name,
        description=description,
        args_schema=schema,
        function=function,
        arguments=arguments,
        workspace=workspace,
        context=context,
    )

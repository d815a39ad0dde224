"""The catalogue's tools as LangChain tools, ready for an agent, a graph, or a call of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

from langchain.tools import ToolRuntime
from langchain_core.tools import BaseTool, BaseToolkit, ToolException
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, PrivateAttr, create_model
from pydantic.json_schema import SkipJsonSchema

from dermtools.agent.run_context import run_context
from dermtools.errors import DermtoolsError
from dermtools.images.kinds import OnWriting
from dermtools.tools import Arguments, DermContext, ImageGrants, ToolSpec, Workspace, offered_tools
from dermtools.tools.pictures.showing import picture_blocks, text_block
from dermtools.tools.results import error_message, validation_message
from dermtools.tools.schemas import offered_arguments
from dermtools.tools.workspace import NO_GRANTS
from dermtools.tracing.handlers import private_callbacks

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.images import ImageSource
    from dermtools.retrieval import CaseBase
    from dermtools.tools.pictures.image_store import HeldImage

# LangChain fills it in where a tool runs in an agent; models never see it and cannot set it. `Optional`, since
# LangChain does not look into `X | None`. Not serialized: LangChain dumps the arguments, and pictures are in there.
_Runtime = Annotated[Optional[ToolRuntime[Any, Any]], SkipJsonSchema(), PlainSerializer(lambda _: None)]  # noqa: UP045

Pictures = Literal["handles", "content"]


class _Input(Arguments):
    """Base of all input schemas."""

    model_config = ConfigDict(arbitrary_types_allowed=True)


class DermTool(BaseTool):
    """A tool over a case base. Its content is text, and its artifact names pictures by handle; see `DermToolkit.over`.

    Errors come back as text that says what to do: change the arguments, or stop.
    """

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    handle_tool_error: Any = True
    handle_validation_error: Any = validation_message
    spec: ToolSpec = Field(exclude=True, repr=False)
    workspace: Any = Field(exclude=True, repr=False, description="a Workspace")
    context: Any = Field(exclude=True, repr=False, description="DermContext for calls outside an agent")
    pictures: Pictures = "handles"

    def __repr_args__(self) -> Iterator[tuple[str, str]]:
        # LangChain writes down what a tool runs with, its fellow tools included, while other threads use these: by its
        # fields, which are kept as they are first asked for, that would end the run ("dictionary changed size").
        yield "name", self.name

    def run(self, tool_input: Any, *args: Any, **options: Any) -> Any:
        """As LangChain calls it; traces show no picture."""
        return super().run(tool_input, *args, **_private(options))

    async def arun(self, tool_input: Any, *args: Any, **options: Any) -> Any:
        """As `run`."""
        return await super().arun(tool_input, *args, **_private(options))

    def _run(self, runtime: ToolRuntime[Any, Any] | None = None, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        try:
            given = getattr(runtime, "context", None)
            context = self._context(runtime, arguments)
            result = self.spec.call(self.workspace, self.spec.arguments(**arguments), context)
            as_blocks = self.pictures == "content" and context is not given
            blocks = picture_blocks(self.workspace, context, result.data.pictures) if as_blocks else []
        except DermtoolsError as error:
            raise ToolException(error_message(error, self.workspace.known_paths)) from None
        content = [text_block(result.text), *blocks] if blocks else result.text
        return content, result.artifact

    def _context(self, runtime: ToolRuntime[Any, Any] | None, arguments: dict[str, Any]) -> DermContext:
        own: DermContext = self.context
        if runtime is None:
            return own
        config, store = runtime.config, runtime.store
        context = run_context(runtime.context, self.workspace, config=config, store=store, otherwise=own) or own
        # Pictures that were attached to the toolkit are open to runs without a context of their own.
        attached = runtime.context is not context and any(handle in own.images for handle in _texts(arguments))
        return replace(context, images=own.images) if attached else context

    async def _arun(self, runtime: ToolRuntime[Any, Any] | None = None, **arguments: Any) -> tuple[Any, dict[str, Any]]:
        return await asyncio.to_thread(self._run, runtime=runtime, **arguments)


def _texts(arguments: dict[str, Any]) -> Iterator[str]:
    for value in arguments.values():
        yield from (one for one in (value if isinstance(value, list) else [value]) if isinstance(one, str))


def _private(options: dict[str, Any]) -> dict[str, Any]:
    return {**options, "callbacks": private_callbacks(options.get("callbacks"))}


class DermToolkit(BaseToolkit):
    """Typed tools over a case base.

        toolkit = DermToolkit.over(CaseBase.open("casebase"))
        handle = toolkit.attach("photo.jpg").handle
        toolkit.tool("search_similar_cases").invoke({"image": handle, "k": 3})

    Pictures attached with `attach` are seen by all calls outside a run that has a `DermContext` of its own.

    `workspace` has the case base and what may be read, `context` what calls outside a run may see; `pictures` says
    whether results carry pictures or only their handles.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    workspace: Workspace
    context: DermContext
    pictures: Pictures = "handles"
    _tools: dict[str, DermTool] = PrivateAttr(default_factory=dict)

    @classmethod
    def over(
        cls,
        case_base: CaseBase,
        *,
        grants: ImageGrants = NO_GRANTS,
        vision_model: BaseChatModel | None = None,
        context: DermContext | None = None,
        check_text: OnWriting | None = None,
        pictures: Pictures = "handles",
    ) -> DermToolkit:
        """Make the toolkit.

        Args:
            case_base: the cases.
            grants: folders and hosts that pictures may be read from; none by default.
            vision_model: for `run_prompt`, which is left out without one.
            context: pictures and limits of calls outside a run; empty by default.
            check_text: `refuse` or `flag` pictures with writing drawn in, such as instructions; see `Workspace`.
            pictures: by `handles`, tools say which pictures a model asked to see, and `PictureMiddleware` shows them
                where the model's provider takes them. As `content`, tools give them as image blocks in a run without a
                `DermContext`, for programs, and for models that take pictures in tool messages: OpenAI's chat
                completions refuse the whole request.
        """
        workspace = Workspace(case_base, grants=grants, vision_model=vision_model, check_text=check_text)
        return cls(workspace=workspace, context=context or DermContext(), pictures=pictures)

    def model_post_init(self, _: object, /) -> None:
        """Make the tools."""
        offer = self.workspace.offer
        for spec in offered_tools(with_model=offer.with_model, with_folders=bool(offer.grants.folders)):
            schema: type[BaseModel] = create_model(
                f"{spec.name}_input",
                __base__=(offered_arguments(spec, offer), _Input),
                __doc__=spec.description,
                runtime=(_Runtime, None),
            )
            self._tools[spec.name] = DermTool(
                name=spec.name,
                description=spec.description,
                args_schema=schema,
                spec=spec,
                workspace=self.workspace,
                context=self.context,
                pictures=self.pictures,
            )

    def get_tools(self) -> list[BaseTool]:
        """All tools."""
        return list(self._tools.values())

    def tool(self, name: str) -> DermTool:
        """The tool of that name; KeyError where there is none."""
        return self._tools[name]

    def attach(self, source: ImageSource, *, name: str | None = None, group_id: str | None = None) -> HeldImage:
        """Take a picture in, for calls outside a run; see `ImageStore.add`."""
        return self.context.images.add(source, name=name, group_id=group_id)

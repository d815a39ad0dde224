"""Pictures on their way to the model and out of the state: attached ones by handle, those of tools beside them."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage
from langgraph.runtime import Runtime

from dermtools.errors import DermtoolsError, ImageError
from dermtools.images import data_url
from dermtools.images.text_guard import WritingError
from dermtools.prompting.asking.asker import RetryPolicy
from dermtools.prompting.files.compile import picture_block
from dermtools.tools import DermContext, Workspace
from dermtools.tools.pictures.showing import TEXT_IN_PICTURES, picture_blocks, stored_jpeg, text_block
from dermtools.tools.results import quoted
from dermtools.tracing.handlers import private_traces

PICTURES = "pictures"
"""Key of the handles: in a human message's `additional_kwargs`, and in a tool result's artifact."""
MAX_SHOWN = 24
"""Pictures in one request to the model; the newest are shown."""

_IMAGE_BLOCKS = ("image", "image_url", "input_image")


class _RequestMiddleware(AgentMiddleware[Any, Any, Any], ABC):
    """Changes each request to the model."""

    @abstractmethod
    def changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        """The request as it is sent."""

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        with private_traces():
            return handler(self.changed(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        with private_traces():
            return await handler(self.changed(request))


class PictureMiddleware(_RequestMiddleware):
    """Shows pictures to the model in each request, and keeps their bytes out of the state.

    - A picture in a human message gets a handle, and its bytes move to the run's `DermContext`. In a graph of your
      own, LangGraph's very first checkpoint of a run still has them, and so has its trace: attach beforehand
      (`human_message`), or use the graph of a `DermAgent`, which does.
    - Pictures that a tool's result names are added after the tool messages, in a human message: OpenAI's chat
      completions take none inside a tool message. So are image blocks in the content of any tool.

    Args:
        workspace: where the pictures of cases are.
        show_attached: whether the model sees attached pictures; False for a model that takes text only, which can
            still give their handles to tools.
        max_shown: see `MAX_SHOWN`.
    """

    def __init__(self, workspace: Workspace, *, show_attached: bool = True, max_shown: int = MAX_SHOWN) -> None:
        super().__init__()
        self._workspace = workspace
        self._show_attached = show_attached
        self._max_shown = max_shown

    def before_agent(self, state: Any, runtime: Runtime[Any]) -> dict[str, Any] | None:
        """Take the pictures out of human messages."""
        if not isinstance(runtime.context, DermContext):
            return None
        messages = [message for message in state["messages"] if isinstance(message, HumanMessage)]
        changed = [without_pictures(message, runtime.context) for message in messages if _has_pictures(message)]
        return {"messages": changed} if changed else None

    def changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        given = getattr(request.runtime, "context", None)
        context = given if isinstance(given, DermContext) else DermContext()
        handles = [self._handles(message) for message in request.messages]
        too_many = max(0, sum(map(len, handles)) - self._max_shown)
        messages: list[AnyMessage] = []
        of_tools: list[Any] = []
        for message, named in zip(request.messages, handles, strict=True):
            shown, too_many = named[too_many:], max(0, too_many - len(named))
            if isinstance(message, ToolMessage):
                text, pictures = _parted(message)
                messages.append(text)
                of_tools += pictures or self._of_tool(shown, context)
                continue
            if of_tools:
                messages.append(HumanMessage(of_tools))
                of_tools = []
            messages.append(self._attached(message, shown, context) if named else message)
        return request.override(messages=[*messages, HumanMessage(of_tools)] if of_tools else messages)

    def _handles(self, message: AnyMessage) -> list[str]:
        named = None
        if isinstance(message, HumanMessage):
            named = message.additional_kwargs.get(PICTURES)
        elif isinstance(message, ToolMessage) and isinstance(message.artifact, dict) and not _has_pictures(message):
            named = message.artifact.get(PICTURES)
        return [handle for handle in named if isinstance(handle, str)] if isinstance(named, list) else []

    def _of_tool(self, handles: Sequence[str], context: DermContext) -> list[Any]:
        try:
            return picture_blocks(self._workspace, context, handles)
        except DermtoolsError as error:
            return [text_block(quoted([f"pictures that cannot be shown: {error}"]))]

    def _attached(self, message: AnyMessage, handles: Sequence[str], context: DermContext) -> HumanMessage:
        content: list[Any] = [block for block in _blocks(message) if block != text_block("")]
        for handle in message.additional_kwargs[PICTURES]:
            try:
                jpeg = stored_jpeg(self._workspace, context, handle)
            except WritingError as error:
                content.append(text_block(f"Attached picture {handle} is not shown: {error}."))
                continue
            except DermtoolsError:
                content.append(text_block(f"Attached picture {handle}: no longer available; ask for it again."))
                continue
            if not self._show_attached:
                content.append(text_block(f"Attached picture {handle}: not shown to you; tools can work on it."))
            elif handle not in handles:
                content.append(text_block(f"Attached picture {handle}: shown before."))
            else:
                remark = self._workspace.remark(handle, context) or TEXT_IN_PICTURES
                content.append(text_block(f"Attached picture {handle}. {remark}"))
                content.append(picture_block(data_url(jpeg)))
        return HumanMessage(content, id=message.id)


class RetriedCalls(AgentMiddleware[Any, Any, Any]):
    """Tries a failed call of the model again as chains do, and waits as long as the service asks."""

    def __init__(self, retry: RetryPolicy) -> None:
        super().__init__()
        self._retry = retry

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        return self._retry.retrying()(handler, request)

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        return await self._retry.async_retrying()(handler, request)


class PlainToolSchemas(_RequestMiddleware):
    """Says `strict: false` of every tool, for models of langchain-openai; others are left alone.

    The Responses API wants the field, and takes a tool without it for a strict one: then every argument is required,
    and defaults are lost (OpenAI, "Function calling: strict mode"). Arguments are validated here instead.
    """

    def changed(self, request: ModelRequest[Any]) -> ModelRequest[Any]:
        from langchain_openai.chat_models.base import BaseChatOpenAI

        if not isinstance(request.model, BaseChatOpenAI):
            return request
        return request.override(model_settings={"strict": False, **request.model_settings})


def human_message(text: str, handles: Sequence[str] = (), *, id: str | None = None) -> HumanMessage:
    """A message with attached pictures named by their handles; what LangGraph may write down as it is."""
    return HumanMessage(text, additional_kwargs={PICTURES: list(handles)} if handles else {}, id=id)


def without_pictures(message: HumanMessage, context: DermContext) -> HumanMessage:
    """The message with its pictures moved to the context; one that cannot be read becomes a line that says why."""
    if not _has_pictures(message):
        return message
    content: list[Any] = []
    handles = list(message.additional_kwargs.get(PICTURES, ()))
    for block in _blocks(message):
        if block.get("type") not in _IMAGE_BLOCKS:
            content.append(block)
            continue
        try:
            handles.append(context.images.add(_encoded(block)).handle)
        except ImageError as error:
            content.append(text_block(quoted([f"an attached picture that cannot be used: {error}"])))
    kwargs = {**message.additional_kwargs, PICTURES: list(dict.fromkeys(handles))}
    return message.model_copy(update={"content": content, "additional_kwargs": kwargs})


def _encoded(block: dict[str, Any]) -> str:
    """The `data:` URL in an image block, in any of the forms that LangChain knows."""
    if isinstance(block.get("base64"), str):
        return f"data:{block.get('mime_type', 'image/jpeg')};base64,{block['base64']}"
    if block.get("source_type") == "base64":
        return f"data:{block.get('mime_type', 'image/jpeg')};base64,{block.get('data', '')}"
    url = block.get("image_url", block.get("url"))
    url = url.get("url") if isinstance(url, dict) else url
    # A message is no way around the grants: nothing is fetched or opened for it.
    if isinstance(url, str) and re.match("data:", url, re.IGNORECASE):
        return url
    raise ImageError("pictures in messages are taken as data: URLs only; download it first")


def _blocks(message: AnyMessage) -> list[dict[str, Any]]:
    if isinstance(message.content, str):
        return [text_block(message.content)]
    return [text_block(block) if isinstance(block, str) else block for block in message.content]


def _parted(message: ToolMessage) -> tuple[ToolMessage, list[dict[str, Any]]]:
    """A tool's message with its leading text alone, and what else is in it where that has pictures."""
    if not _has_pictures(message):
        return message, []
    blocks = _blocks(message)
    if blocks[0].get("type") != "text":
        blocks.insert(0, text_block("Pictures follow."))
    return message.model_copy(update={"content": blocks[:1]}), blocks[1:]


def _has_pictures(message: AnyMessage) -> bool:
    return isinstance(message.content, list) and any(block.get("type") in _IMAGE_BLOCKS for block in _blocks(message))

"""What of pictures a request to the model shows, and where: by handle in the state, as pictures in what is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from dermtools.agent.provider_rules import ProviderRules
from dermtools.errors import DermtoolsError
from dermtools.hidden_paths import client_text
from dermtools.images import data_url
from dermtools.images.text_guard import WritingError
from dermtools.prompting.files.compile import picture_block
from dermtools.text import counted
from dermtools.tools import DermContext, Workspace
from dermtools.tools.pictures.showing import TEXT_IN_PICTURES, picture_blocks, stored_jpeg, text_block
from dermtools.tools.results import quoted

PICTURES = "pictures"
"""Key of the handles: in a human message's `additional_kwargs`, and in a tool result's artifact."""

IMAGE_BLOCKS = ("image", "image_url", "input_image")
Blocks: TypeAlias = list[Any]
ANSWERED = "The question is answered."
NOT_SHOWN = "not shown to you; tools can work on it"


@dataclass(frozen=True)
class Showing:
    """How messages of the state become those of a request.

    Args:
        workspace: where the pictures of cases are.
        context: where attached pictures are.
        rules: of the model's provider.
        show: whether any picture is sent; False for a model that takes text only.
        most: pictures at once. Those of the last question come first, then the newest.
    """

    workspace: Workspace
    context: DermContext
    rules: ProviderRules
    show: bool
    most: int

    def messages(self, messages: Sequence[AnyMessage]) -> list[AnyMessage]:
        """The messages as they are sent; the given ones stay as they were."""
        chosen = self._chosen(messages)
        sent: list[AnyMessage] = []
        waiting: Blocks = []
        for message, handles in zip(messages, chosen, strict=True):
            if isinstance(message, HumanMessage) and self.rules.tool_pictures == "question" and _after_tool(sent):
                # A run ends with a tool where the answer is a tool call; such a provider takes no question after one.
                sent.append(AIMessage(ANSWERED))
            if isinstance(message, ToolMessage):
                told, pictures = self._of_tool(message, handles)
                if pictures and self.rules.tool_pictures == "tool-message":
                    told = told.model_copy(update={"content": [*blocks_of(told), *pictures]})
                elif pictures and self.rules.tool_pictures == "question":
                    _join_question(sent, pictures)
                else:
                    waiting += pictures
                sent.append(told)
                continue
            if waiting:
                sent.append(HumanMessage(waiting))
                waiting = []
            sent.append(self._of_question(message, handles) if isinstance(message, HumanMessage) else message)
        return [*sent, HumanMessage(waiting)] if waiting else sent

    def _chosen(self, messages: Sequence[AnyMessage]) -> list[list[str]]:
        """The handles that each message shows, within what may be shown at once."""
        most = self.most if self.rules.max_pictures is None else min(self.most, self.rules.max_pictures)
        named = [_named(message) for message in messages]
        question = max((place for place, one in enumerate(messages) if isinstance(one, HumanMessage)), default=-1)
        order = sorted(range(len(messages)), key=lambda place: (place != question, -place))
        left = most - sum(len(pictures_in(message)) for message in messages)
        chosen: list[list[str]] = [[] for _ in messages]
        for place in order:
            chosen[place] = named[place][-left:] if left > 0 else []
            left -= len(chosen[place])
        return chosen

    def _of_tool(self, message: ToolMessage, handles: Sequence[str]) -> tuple[ToolMessage, Blocks]:
        """A tool's message without pictures, and what is shown of it elsewhere."""
        named, own = _named(message), pictures_in(message)
        if not named and not own:
            return message, []
        if own:
            blocks = blocks_of(message)
            if blocks[0].get("type") != "text":
                blocks.insert(0, text_block("Pictures follow."))
            message = message.model_copy(update={"content": blocks[:1]})
            pictures = blocks[1:]
        else:
            pictures = self._pictures(handles) if self.show else []
        if self.show:
            return message, pictures
        told = text_block(f"{counted(len(own or named), 'picture')}: not shown to you.")
        kept = [block for block in pictures if block not in own]
        return message.model_copy(update={"content": [*blocks_of(message), *kept, told]}), []

    def _pictures(self, handles: Sequence[str]) -> Blocks:
        try:
            return picture_blocks(self.workspace, self.context, handles)
        except DermtoolsError as error:
            told = client_text(error, self.workspace.known_paths)
            return [text_block(quoted([f"pictures that cannot be shown: {told}"]))]

    def _of_question(self, message: HumanMessage, handles: Sequence[str]) -> HumanMessage:
        content = [block for block in blocks_of(message) if block != text_block("")]
        if not self.show and (own := pictures_in(message)):
            told = text_block(f"{counted(len(own), 'attached picture')}: {NOT_SHOWN}.")
            content = [*(block for block in content if block not in own), told]
        elif not _named(message):
            return message
        for handle in _named(message):
            content += self._attached(handle, shown=handle in handles)
        return HumanMessage(content, id=message.id)

    def _attached(self, handle: str, *, shown: bool) -> Blocks:
        try:
            jpeg = stored_jpeg(self.workspace, self.context, handle)
        except WritingError as error:
            return [text_block(f"Attached picture {handle} is not shown: {error}.")]
        except DermtoolsError:
            return [text_block(f"Attached picture {handle}: no longer available; ask for it again.")]
        if not self.show:
            return [text_block(f"Attached picture {handle}: {NOT_SHOWN}.")]
        if not shown:
            return [text_block(f"Attached picture {handle}: shown before.")]
        remark = self.workspace.remark(handle, self.context) or TEXT_IN_PICTURES
        return [text_block(f"Attached picture {handle}. {remark}"), picture_block(data_url(jpeg))]


def blocks_of(message: AnyMessage) -> Blocks:
    """A message's content as blocks."""
    if isinstance(message.content, str):
        return [text_block(message.content)]
    return [text_block(block) if isinstance(block, str) else block for block in message.content]


def pictures_in(message: AnyMessage) -> Blocks:
    """The picture blocks of a message's own content."""
    if isinstance(message.content, str):
        return []
    return [block for block in blocks_of(message) if block.get("type") in IMAGE_BLOCKS]


def _named(message: AnyMessage) -> list[str]:
    """The handles of pictures that a message names beside its content."""
    named = None
    if isinstance(message, HumanMessage):
        named = message.additional_kwargs.get(PICTURES)
    elif isinstance(message, ToolMessage) and isinstance(message.artifact, dict) and not pictures_in(message):
        named = message.artifact.get(PICTURES)
    return [handle for handle in named if isinstance(handle, str)] if isinstance(named, list) else []


def _after_tool(sent: Sequence[AnyMessage]) -> bool:
    return bool(sent) and isinstance(sent[-1], ToolMessage)


def _join_question(sent: list[AnyMessage], pictures: Blocks) -> None:
    """Put pictures to the last user message that is sent."""
    told = [text_block("Pictures that tools have shown for this since:"), *pictures]
    for place in range(len(sent) - 1, -1, -1):
        if isinstance(sent[place], HumanMessage):
            question = sent[place]
            sent[place] = HumanMessage([*blocks_of(question), *told], id=question.id)
            return
    sent.insert(0, HumanMessage(told))

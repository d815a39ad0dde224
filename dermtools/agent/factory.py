"""Making an agent: its model, tools, middleware and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langchain.agents import create_agent
from langchain.agents.middleware import ModelCallLimitMiddleware
from langchain.agents.structured_output import ToolStrategy

from dermtools.agent.derm_agent import DermAgent
from dermtools.agent.final_answer import AnswerCheck, LookUpLimit, answer_schema
from dermtools.agent.middleware import PictureMiddleware, PlainToolSchemas, RetriedCalls
from dermtools.agent.private_graph import PrivateGraph
from dermtools.agent.provider_rules import Rules
from dermtools.agent.run_context import RunContext
from dermtools.agent.toolkit import DermToolkit
from dermtools.agent.without_tools import WithoutTools
from dermtools.agent.written_calls import WrittenCallMiddleware
from dermtools.images.kinds import OnWriting
from dermtools.prompting.asking.asker import DEFAULT_RETRY, RetryPolicy
from dermtools.prompting.asking.models import chat_model
from dermtools.prompting.files.library import PromptLibrary
from dermtools.tools import CATALOG, DermContext, ImageGrants, Workspace
from dermtools.tools.briefing import policy_prompt, system_text
from dermtools.tools.pictures.threads import ThreadPictures
from dermtools.tools.workspace import NO_GRANTS
from dermtools.tracing.handlers import private_model

if TYPE_CHECKING:
    from langchain.agents.middleware import AgentMiddleware
    from langchain_core.language_models import BaseChatModel
    from langchain_core.tools import BaseTool
    from langgraph.checkpoint.base import BaseCheckpointSaver

    from dermtools.retrieval import CaseBase


def create_derm_agent(
    model: str | BaseChatModel,
    case_base: CaseBase,
    *,
    task: str | None = None,
    grants: ImageGrants = NO_GRANTS,
    vision_model: BaseChatModel | None = None,
    library: PromptLibrary | None = None,
    policy: str | None = None,
    system_prompt: str | None = None,
    tools: Sequence[BaseTool] = (),
    middleware: Sequence[AgentMiddleware[Any, Any, Any]] = (),
    checkpointer: BaseCheckpointSaver[Any] | None = None,
    max_model_calls: int = 12,
    max_tool_calls: int = 24,
    show_pictures: bool = True,
    provider_rules: Rules | None = None,
    retry: RetryPolicy = DEFAULT_RETRY,
    check_text: OnWriting | None = None,
    picture_store: ThreadPictures | None = None,
) -> DermAgent:
    """Make an agent over a case base.

    Args:
        model: a chat model that calls tools, or `provider:model` for `chat_model`.
        case_base: the cases.
        task: answer this task with a label of its closed set; by default, the agent converses freely.
        grants: folders and hosts that its tools may read pictures from; none by default.
        vision_model: for the tool `run_prompt`, which is left out without one.
        library: prompt files; its prompt `agent` is the system prompt.
        policy: when it is to look cases up: `always`, `never`, `when-unsure`, `vote-first`, or NAME for the library's
            prompt `agent-NAME`, which may also say which of our tools it has. By default it judges for itself.
        system_prompt: instead of the library's.
        tools: further tools.
        middleware: further middleware, inside the picture middleware.
        checkpointer: keeps conversations, with the handles of pictures alone.
        max_model_calls: of one run; then it is stopped.
        max_tool_calls: of one run; further calls are refused, and the model has to answer.
        show_pictures: whether the model sees pictures, attached ones and those of tools; False for one that takes text
            only.
        provider_rules: where pictures of tools go, instead of the table in `dermtools.agent.provider_rules`; for every
            model, or by the name of its class or provider.
        retry: when a failed call of the model is tried again.
        check_text: `refuse` or `flag` pictures with writing drawn in, such as instructions; see `Workspace`.
        picture_store: where pictures of conversations are kept, for other processes too; see `Workspace`.

    Raises:
        QueryError: no such task.
        ModelError: the model cannot be set up.
        PromptError: the library's prompt `agent` or its policy does not fit.
    """
    chosen = private_model(chat_model(model) if isinstance(model, str) else model)
    asked = None if task is None else case_base.task(task)
    workspace = Workspace(
        case_base,
        grants=grants,
        vision_model=vision_model,
        library=library,
        check_text=check_text,
        picture_store=picture_store,
    )
    toolkit = DermToolkit(workspace=workspace, context=DermContext())
    own = toolkit.get_tools()
    chosen_policy = None if policy is None else policy_prompt(workspace.library, policy, CATALOG)
    if chosen_policy is not None and (offered := chosen_policy.file.tools) is not None:
        own = [tool for tool in own if tool.name in offered]
    usual: list[AgentMiddleware[Any, Any, Any]] = [
        *([] if own or tools else [WithoutTools()]),
        ModelCallLimitMiddleware(run_limit=max_model_calls, exit_behavior="end"),
        LookUpLimit(run_limit=max_tool_calls, exit_behavior="continue"),
        RetriedCalls(retry),
        PlainToolSchemas(),
        *([] if asked is None else [AnswerCheck(asked)]),
        WrittenCallMiddleware(),
    ]
    pictures = PictureMiddleware(workspace, show_attached=show_pictures, rules=provider_rules)
    graph = create_agent(
        chosen,
        [*own, *tools],
        system_prompt=system_prompt or system_text(workspace, chosen_policy),
        middleware=[*usual, pictures, *middleware],
        response_format=None if asked is None else ToolStrategy[Any](answer_schema(asked)),
        context_schema=RunContext,
        checkpointer=checkpointer,
        name="dermtools",
    )
    limits = (max_model_calls, max_tool_calls, show_pictures)
    return DermAgent(PrivateGraph.of(graph, workspace), toolkit, chosen, task, *limits, chosen_policy)

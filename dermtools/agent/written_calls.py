"""Calls of tools in a model's text, made real calls: so that an agent works on a server that does not know them."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.structured_output import OutputToolBinding, ToolStrategy
from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.messages.tool import tool_call as create_tool_call
from langchain_core.utils.function_calling import convert_to_openai_tool

from dermtools.prompting.asking.json_text import as_one
from dermtools.prompting.asking.replies import cut_off, spoken_in
from dermtools.prompting.asking.written_calls import written_calls
from dermtools.strict_json import is_deep


class WrittenCallMiddleware(AgentMiddleware[Any, Any, Any]):
    """Reads a message that is wholly calls of offered tools, reasoning aside, as these calls.

    Calls in a message that was cut off are dropped: the last one may be incomplete, which a streamed one hides.
    Arguments that are nested too deeply are left out of their call.
    """

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """The model's response, calls that it wrote as text made into calls. `create_agent` calls this."""
        return _read(request, handler(request))

    async def awrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """As `wrap_model_call`."""
        return _read(request, await handler(request))


def _shallow(arguments: Any) -> Any:
    """Arguments, or in place of too deep ones, which no checkpoint could hold, such as every tool refuses."""
    return {"arguments": "nested too deeply to be read"} if is_deep(arguments) else arguments


def _read(request: ModelRequest[Any], response: ModelResponse[Any]) -> ModelResponse[Any]:
    message = response.result[0]
    if not isinstance(message, AIMessage):
        return response
    if any(is_deep(call["args"]) for call in message.tool_calls):
        bounded = [{**call, "args": _shallow(call["args"])} for call in message.tool_calls]
        message = message.model_copy(update={"tool_calls": bounded})
        answer = _shallow(response.structured_response)
        response = replace(response, result=[message, *response.result[1:]], structured_response=answer)
    if message.tool_calls or message.invalid_tool_calls:
        whole = message.model_copy(update={"tool_calls": [], "invalid_tool_calls": []})
        return ModelResponse([whole]) if cut_off(message) else response
    final = request.response_format.schema_specs if isinstance(request.response_format, ToolStrategy) else []
    offered = {spec.name: spec.json_schema for spec in final}
    for tool in request.tools:
        function = convert_to_openai_tool(tool)["function"]
        offered[function["name"]] = function.get("parameters", {})
    calls = written_calls(spoken_in(str(message.text))[0], offered)
    answers = [call for call in calls if call.name in {spec.name for spec in final}]
    if not calls or (answers and (len(answers) < len(calls) or as_one([call.arguments for call in answers]) is None)):
        return response
    made = [
        create_tool_call(name=call.name, args=call.arguments, id=f"call_{uuid.uuid4().hex}")
        for call in answers[:1] or calls
    ]
    called = message.model_copy(update={"content": "", "tool_calls": made})
    if not answers:
        return ModelResponse([called])
    spec = next(spec for spec in final if spec.name == answers[0].name)
    answer = OutputToolBinding.from_schema_spec(spec).parse(answers[0].arguments)
    told = ToolMessage(f"Returning structured response: {answer}", name=spec.name, tool_call_id=made[0]["id"])
    return ModelResponse([called, told], structured_response=answer)

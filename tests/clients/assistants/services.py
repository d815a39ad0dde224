"""The loopback services of models, as their makers' assistants call them: with fields of their own, in streams."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.support.anthropic_server import AnthropicServer
from tests.support.gemini_server import GeminiServer
from tests.support.openai_replies import Reply
from tests.support.openai_requests import OpenAISchemas, pictures
from tests.support.streaming_server import StreamingOpenAIServer

if TYPE_CHECKING:
    from tests.clients.assistants.run import Turn

SERVER = "mcp__dermtools"


class AnthropicForClaudeCode(AnthropicServer):
    """Takes what Claude Code's beta headers ask for beside the published fields."""

    BETA = ("context_management", "thinking", "output_config")

    def __init__(self, turn: Turn) -> None:
        super().__init__(lambda body: turn.reply(_schemas(body), list(_results(body)), _count(self, body)))

    def check(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> None:
        plain = {name: value for name, value in body.items() if name not in self.BETA}
        super().check(path.partition("?")[0], headers, plain)


class GeminiForCli(GeminiServer):
    """Streams as server-sent events, which Google's JavaScript SDK asks for."""

    def __init__(self, turn: Turn) -> None:
        super().__init__(lambda body: turn.reply(_declared(body), list(_answered(body)), _count(self, body)))

    def streamed(self, answer: dict[str, Any]) -> tuple[str, str]:
        return "text/event-stream", f"data: {json.dumps(answer)}\r\n\r\n"


class OpenAIForCodex(StreamingOpenAIServer):
    """Takes Codex's namespaces of tools: one for each server, whose functions a call names by namespace and name."""

    def __init__(self, schemas: OpenAISchemas, turn: Turn) -> None:
        self._turn = turn
        super().__init__(schemas, self._reply)

    def _reply(self, _: str, body: dict[str, Any]) -> Reply:
        results = [item["output"] for item in body["input"] if item.get("type") == "function_call_output"]
        texts = [one if isinstance(one, str) else " ".join(part.get("text", "") for part in one) for one in results]
        return self._turn.reply(_namespaced(body), texts, sum(1 for _ in pictures(body)))

    def as_taken(self, answer: dict[str, Any]) -> dict[str, Any]:
        for item in answer["output"]:
            if item["type"] == "function_call" and item["name"].startswith(f"{SERVER}__"):
                item.update({"namespace": SERVER, "name": item["name"].removeprefix(f"{SERVER}__")})
        return answer

    def _why_refused(self, api: str, body: dict[str, Any], headers: dict[str, str]) -> str | None:
        known = copy.deepcopy(body)
        known.pop("client_metadata", None)
        known["tools"] = [tool for tool in known.get("tools", ()) if tool.get("type") == "function"]
        for item in known["input"]:
            item.pop("namespace", None)
        return super()._why_refused(api, known, headers)


def _count(server: Any, body: dict[str, Any]) -> int:
    return sum(1 for _ in server.pictures(body))


def _schemas(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {tool["name"]: tool.get("input_schema", {}) for tool in body.get("tools", ())}


def _results(body: dict[str, Any]) -> Iterator[str]:
    for message in body["messages"]:
        for block in message["content"] if isinstance(message["content"], list) else ():
            if block["type"] == "tool_result":
                content = block.get("content", "")
                parts = [content] if isinstance(content, str) else [part.get("text", "") for part in content]
                yield " ".join(parts)


def _declared(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    functions = [one for tool in body.get("tools", ()) for one in tool.get("functionDeclarations", ())]
    return {one["name"]: one.get("parametersJsonSchema") or one.get("parameters") or {} for one in functions}


def _answered(body: dict[str, Any]) -> Iterator[str]:
    for content in body["contents"]:
        for part in content.get("parts", ()):
            if "functionResponse" in part:
                yield json.dumps(part["functionResponse"], ensure_ascii=False)


def _namespaced(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = {}
    for tool in body.get("tools", ()):
        if tool.get("type") == "namespace":
            found |= {f"{tool['name']}__{one['name']}": one.get("parameters", {}) for one in tool["tools"]}
        elif tool.get("type") == "function":
            found[tool["name"]] = tool.get("parameters", {})
    return found

"""A scripted model that does what the agent's policy in its system message says, and answers prompts of chains too."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from zlib import crc32

from tests.support.agent_replies import call, final, handle_in
from tests.support.openai_replies import Answer, Reply
from tests.support.openai_requests import check_data_url, pictures

GUESS = "hand"
"""What it says where it was shown no case."""
ASKS_THE_VOTE = ("classify_with_adapter", {"kind": "knn-vote-15", "task": "location"})


def is_sure(jpeg: bytes) -> bool:
    """Of half of all pictures."""
    return crc32(jpeg) % 2 == 0


def obedient(sure: Callable[[bytes], bool] = is_sure) -> Callable[[str, dict[str, Any]], Reply]:
    """The script of a server; `sure` is asked about the picture in question."""

    def script(_: str, request: dict[str, Any]) -> Reply:
        offered = [tool["function"]["name"] for tool in request.get("tools", ())]
        if "final_answer" not in offered:
            return Answer(GUESS)
        called = _called(request)
        if "search_similar_cases" not in called and _is_to_fetch(request, called, sure):
            return call("search_similar_cases", image=handle_in(request), k=5, show_pictures=True)
        if "First ask the vote" in _said_by(request, "system") and not called:
            name, arguments = ASKS_THE_VOTE
            return call(name, image=handle_in(request), **arguments)
        counted = re.search(r"labels of location: (\S+) \d", _said_by(request, "tool"))
        return final(counted[1] if counted else GUESS)

    return script


def _is_to_fetch(request: dict[str, Any], called: list[str], sure: Callable[[bytes], bool]) -> bool:
    told = _said_by(request, "system")
    if "First ask the vote" in told:
        share = re.search(r"knn-vote-15: \S+; probabilities: \S+ ([\d.]+)%", _said_by(request, "tool"))
        certain = re.search(r"Where that share is (\d+) % or more", told)
        assert certain is not None
        return share is not None and float(share[1]) < float(certain[1])
    if "Look at the picture first" in told:
        url, _ = next(iter(pictures(request)))
        return not sure(check_data_url(url))
    return "no case can be looked up here" not in told


def _called(request: dict[str, Any]) -> list[str]:
    return [made["function"]["name"] for one in request["messages"] for made in one.get("tool_calls") or ()]


def _said_by(request: dict[str, Any], role: str) -> str:
    told = [one["content"] for one in request["messages"] if one["role"] == role]
    return "\n".join(text if isinstance(text, str) else json.dumps(text) for text in told)

"""Chains that ask a server on this machine, and what their messages hold."""

from __future__ import annotations

import base64
from typing import Any

from langchain_core.messages import BaseMessage

from dermtools.prompting import RetryPolicy, chain_for, chat_model
from dermtools.prompting.chain import PromptChain
from dermtools.retrieval import CaseBase
from tests.support.openai_server import OpenAIServer
from tests.support.patience import SAFETY_NET

QUICK = RetryPolicy(attempts=2, first_wait=0.01)


def chain(server: OpenAIServer, case_base: CaseBase, method: str, *, api: str = "chat", **options: Any) -> PromptChain:
    model = chat_model("openai:gpt-4.1", api=api, base_url=server.url, timeout=SAFETY_NET)
    return chain_for(method, model=model, case_base=case_base, task="location", retry=QUICK, **options)


def texts(message: dict[str, Any]) -> list[str]:
    """Texts of a message as it was sent, in order."""
    content = message["content"]
    return [content] if isinstance(content, str) else [part["text"] for part in content if "text" in part]


def sent_pictures(messages: list[BaseMessage]) -> list[bytes]:
    """Encoded pictures of the messages, in order."""
    blocks = [block for message in messages if isinstance(message.content, list) for block in message.content]
    urls = [block["image_url"]["url"] for block in blocks if block["type"] == "image_url"]
    return [base64.b64decode(url.partition(",")[2]) for url in urls]

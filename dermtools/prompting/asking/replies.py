"""A model's message -> what it answered: a label of the closed set, or why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dermtools.prediction import Outcome, TokenUsage
from dermtools.prompting.asking.label_set import LabelSet
from dermtools.prompting.asking.output_schema import SCHEMA_NAME, misfit
from dermtools.prompting.files.schema import OutputField
from dermtools.text import one_line

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

CUT_OFF = "the reply was cut off ({}); allow more output tokens"
_CUT = {"length", "max_tokens", "max_output_tokens", "model_length"}
_FILTERED = {"content_filter", "safety", "prohibited_content", "blocklist", "spii", "image_safety"}
_MAX_OPENINGS = 20
"""Places in a reply where a JSON object is looked for; hostile nesting would otherwise take too long."""
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m (?:really |very )?sorry|sorry,|i (?:can['’]?t|cannot|can not|won['’]?t|am unable|am not able)\b"
    r"|i['’]?m (?:unable|not able)\b|as an ai\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Reply:
    """What came of one question to a model. Only outcome `ok` carries `values` or `label`."""

    outcome: Outcome
    raw: str | None = None
    """The reply as it came, whatever became of it."""
    label: str | None = None
    values: dict[str, Any] | None = None
    """The fields of the answer, where the prompt has an output schema."""
    usage: TokenUsage | None = None
    """None for a cache hit, which costs nothing, and where the service does not say."""
    reason: str | None = None


def read_reply(message: AIMessage, output: Mapping[str, OutputField], labels: LabelSet | None) -> Reply:
    """Read a model's message against the prompt's output schema and the closed label set.

    A label counts only when it is the whole answer after Unicode and case folding; no nearest label is taken.
    """
    usage, raw = token_usage(message), _raw_text(message)

    def reply(outcome: Outcome, reason: str | None = None, **answer: Any) -> Reply:
        return Reply(outcome, raw, usage=usage, reason=reason, **answer)

    metadata = message.response_metadata
    incomplete = metadata.get("incomplete_details") or {}
    stop = str(incomplete.get("reason") or metadata.get("finish_reason") or metadata.get("stop_reason") or "").lower()
    if (refusal := _refusal(message)) is not None:
        raw = raw or refusal
        return reply(Outcome.REFUSED, f"the model declined: {one_line(refusal)}")
    if stop == "refusal":
        return reply(Outcome.REFUSED, "the model declined to answer")
    if stop in _FILTERED:
        return reply(Outcome.FILTERED, f"the provider's content filter stopped the reply ({stop})")
    values = _values(message, raw)
    if stop in _CUT and values is None:
        return reply(Outcome.TRUNCATED, CUT_OFF.format(stop))
    if not raw:
        return reply(Outcome.INVALID, "the reply is empty")
    label_field = next((name for name, field in output.items() if field.type == "label"), None)
    if label_field is None or labels is None:
        problem = misfit(values, output)
        return reply(Outcome.INVALID, problem) if problem else reply(Outcome.OK, values=values)
    said = raw if values is None else values.get(label_field)
    if not isinstance(said, str):
        kind = "several labels" if isinstance(said, list) else f"no text in the field {label_field!r}"
        return reply(Outcome.INVALID, f"the reply has {kind}")
    label = labels.match_reply(said) if values is None else labels.match(said)
    if label is not None:
        return reply(Outcome.OK, label=label, values={label_field: label} if values is None else values)
    if _REFUSAL.match(said):
        return reply(Outcome.REFUSED, f"the model declined: {one_line(said)}")
    return reply(Outcome.INVALID, _why_no_label(said, labels))


def _why_no_label(said: str, labels: LabelSet) -> str:
    mentioned = labels.mentioned(said)
    if len(mentioned) > 1:
        return f"the reply names several labels: {', '.join(mentioned)}"
    if mentioned:
        return f"the reply has other words around {mentioned[0]!r}"
    return f"no label of the set: {one_line(said, 80)!r}"


def token_usage(message: AIMessage) -> TokenUsage | None:
    """Tokens that a message cost; None for a cache hit, and where the service does not say."""
    counted: Mapping[str, Any] = message.usage_metadata or {}
    if not counted or counted.get("total_cost") == 0:  # LangChain's mark of a cache hit
        return None
    details = counted.get("input_token_details") or {}
    return TokenUsage(
        input_tokens=counted.get("input_tokens", 0),
        output_tokens=counted.get("output_tokens", 0),
        cached_input_tokens=details.get("cache_read") or 0,
    )


def _refusal(message: AIMessage) -> str | None:
    if refusal := message.additional_kwargs.get("refusal"):
        return str(refusal)
    blocks = [block for block in message.content if isinstance(block, dict) and block.get("type") == "refusal"]
    return str(blocks[0].get("refusal") or "") if blocks else None


def _raw_text(message: AIMessage) -> str:
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    said = calls[0].get("args") if calls else str(message.text)
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def _values(message: AIMessage, raw: str) -> dict[str, Any] | None:
    """The answer's fields: from the one tool call, or from the one JSON object in the text."""
    calls = [call["args"] for call in message.tool_calls if call["name"] == SCHEMA_NAME]
    if len(calls) == 1:
        return calls[0]
    decoder = json.JSONDecoder(object_pairs_hook=_unique)
    found: list[dict[str, Any]] = []
    start = raw.find("{")
    for _ in range(_MAX_OPENINGS):
        if start < 0:
            break
        try:
            value, end = decoder.raw_decode(raw, start)
            found.append(value)
        except (ValueError, RecursionError):
            end = start + 1
        start = raw.find("{", end)
    return found[0] if len(found) == 1 else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise ValueError("a key is given twice")
    return dict(pairs)

"""A model's message -> what it answered: a label of the closed set, or why there is none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dermtools.prediction import Outcome, TokenUsage
from dermtools.prompting.asking.json_text import as_one, whole_json
from dermtools.prompting.asking.label_set import LabelSet, layers
from dermtools.prompting.asking.output_schema import SCHEMA_NAME, answer_schema, misfit
from dermtools.prompting.asking.reasoning import without_reasoning, without_tokens
from dermtools.prompting.asking.written_calls import written_calls
from dermtools.prompting.files.schema import OutputField
from dermtools.text import one_line

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

CUT_OFF = "the reply was cut off ({}); allow more output tokens: --max-output-tokens, max_output_tokens="
_CUT = {"length", "max_tokens", "max_output_tokens", "model_length"}
_FILTERED = {"content_filter", "safety", "prohibited_content", "blocklist", "spii", "image_safety"}
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

    An answer counts only when it is all that the message says, reasoning and code fences aside; no nearest label is
    taken. Of a message that was cut off only complete JSON counts.
    """
    usage, raw = token_usage(message), _raw_text(message)

    def reply(outcome: Outcome, reason: str | None = None, **answer: Any) -> Reply:
        return Reply(outcome, raw, usage=usage, reason=reason, **answer)

    stop = _stop(message)
    if (refusal := _refusal(message)) is not None:
        raw = raw or refusal
        return reply(Outcome.REFUSED, f"the model declined: {one_line(refusal)}")
    if stop == "refusal":
        return reply(Outcome.REFUSED, "the model declined to answer")
    if stop in _FILTERED:
        return reply(Outcome.FILTERED, f"the provider's content filter stopped the reply ({stop})")
    spoken, unfinished = spoken_in(raw)
    said = without_tokens(spoken)
    values = _values(message, spoken, output, labels)
    if values is None and (cut := cut_off(message)):
        return reply(Outcome.TRUNCATED, cut)
    if not said and values is None:
        return reply(Outcome.INVALID, "the reply ends in its reasoning" if unfinished else "the reply is empty")
    label_field = next((name for name, field in output.items() if field.type == "label"), None)
    if label_field is None or labels is None:
        problem = misfit(values, output)
        return reply(Outcome.INVALID, problem) if problem else reply(Outcome.OK, values=values)
    given = said if values is None else values.get(label_field)
    label = labels.match_value(given)
    if label is not None:
        return reply(Outcome.OK, label=label, values={label_field: label} if values is None else values)
    if isinstance(given, str) and _REFUSAL.match(given):
        return reply(Outcome.REFUSED, f"the model declined: {one_line(given)}")
    return reply(Outcome.INVALID, _why_no_label(given, label_field, labels))


def spoken_in(raw: str) -> tuple[str, bool]:
    """What a text says without its reasoning, and whether it ends inside its reasoning."""
    return (raw, False) if whole_json(raw) else without_reasoning(raw)


def cut_off(message: AIMessage) -> str | None:
    """Why a message counts as cut off at the limit of output tokens, in one line; None where it is not."""
    stop = _stop(message)
    return CUT_OFF.format(stop) if stop in _CUT else None


def _stop(message: AIMessage) -> str:
    metadata = message.response_metadata
    incomplete = metadata.get("incomplete_details") or {}
    return str(incomplete.get("reason") or metadata.get("finish_reason") or metadata.get("stop_reason") or "").lower()


def _why_no_label(said: Any, label_field: str, labels: LabelSet) -> str:
    if not isinstance(said, str):
        if isinstance(said, int | float):
            return f"no label of the set: {json.dumps(said)}"
        return (
            f"the reply has {'several labels' if isinstance(said, list) else f'no text in the field {label_field!r}'}"
        )
    mentioned = labels.mentioned(said)
    if len(mentioned) > 1:
        return f"the reply names several labels: {', '.join(mentioned)}"
    if mentioned:
        return f"the reply has other words around {mentioned[0]!r}"
    return f"no label of the set: {one_line(said, 80)!r}"


def token_usage(message: AIMessage) -> TokenUsage | None:
    """Tokens that a message cost; None for a cache hit, and where the service does not say, or says 0."""
    counted: Mapping[str, Any] = message.usage_metadata or {}
    tokens_in, tokens_out = counted.get("input_tokens") or 0, counted.get("output_tokens") or 0
    if not tokens_in or counted.get("total_cost") == 0:  # LangChain's mark of a cache hit
        return None
    details = counted.get("input_token_details") or {}
    return TokenUsage(
        input_tokens=tokens_in,
        # Some services leave reasoning out of the output, and count it in the total only.
        output_tokens=max(tokens_out, (counted.get("total_tokens") or 0) - tokens_in),
        cached_input_tokens=details.get("cache_read") or 0,
    )


def _refusal(message: AIMessage) -> str | None:
    if refusal := message.additional_kwargs.get("refusal"):
        return str(refusal)
    blocks = [block for block in message.content if isinstance(block, dict) and block.get("type") == "refusal"]
    return str(blocks[0].get("refusal") or "") if blocks else None


def _raw_text(message: AIMessage) -> str:
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    if not calls:
        return str(message.text)
    said = calls[0].get("args") if len(calls) == 1 else [{"name": call["name"], "args": call["args"]} for call in calls]
    return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)


def _values(
    message: AIMessage, spoken: str, output: Mapping[str, OutputField], labels: LabelSet | None
) -> dict[str, Any] | None:
    """The answer's fields: from a tool call, or from the JSON object or the written call that is all of the text.

    The same answer may be given more than once; two different ones are none.
    """
    if message.tool_calls or message.invalid_tool_calls:
        # The arguments of a call that was cut off may have been made whole by LangChain, when it was streamed.
        calls = [call["args"] if call["name"] == SCHEMA_NAME else None for call in message.tool_calls]
        return None if message.invalid_tool_calls or cut_off(message) else as_one(calls)
    said = without_tokens(spoken)
    value = as_one(next(filter(None, map(whole_json, (said, *layers(said)))), []))
    if isinstance(value, dict) and output.keys() <= value.keys():
        return value
    schema = answer_schema(output, labels.labels if labels else ())
    written = as_one([call.arguments for call in written_calls(spoken, {SCHEMA_NAME: schema})])
    return written if written is not None else value if isinstance(value, dict) else None

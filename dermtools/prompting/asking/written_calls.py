"""Tool calls that a model writes as text, because its server does not know how it calls tools."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dermtools.prompting.asking.json_text import as_one, decoded_at, whole_json

# The forms of the chat templates, as vLLM's tool parsers have them (docs.vllm.ai, "Tool calling"): JSON in tags, in a
# fence or bare (Hermes, Qwen, Granite, Jamba, Phi-4, Llama 3, Command R7B, Mistral before v11); a name, then JSON
# (Mistral, DeepSeek, Kimi K2, Llama 3.1's <function=...>, gpt-oss's `to=functions.name`); a name, then parameters in
# tags (Qwen3-Coder, MiniMax, DeepSeek V3.2, GLM 4.5); as Python writes it (Llama 4, Gemma 3, OLMo 3).
_SPACE = re.compile(r"(?:\s|[,;]|`{3}[\w-]*)+")
_FRAME = re.compile(
    r"""
      <[|｜][^<>]{1,40}[|｜]> | </s> | <end_of_turn>
    | </? (?:[^<>\s/]{0,16}[:｜])? (?:tool_?calls?|tools|function_?calls?|tool_use) >
    | \[ (?=\s*[\w.-]{1,64}\() | \[/?(?:TOOL_CALLS?|AVAILABLE_TOOLS|ARGS)\] | \[CALL_ID\]\w{1,64} | \bfunctools\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NAME = r"(?:functions?\.)?(?P<name>[\w.-]{1,64})"
_CHANNEL = re.compile(
    rf"(?:<\|start\|>\s*assistant)?\s*(?:<\|channel\|>\s*\w+)?\s*\bto={_NAME}[^<]{{0,80}}"
    r"(?:<\|(?:constrain|channel)\|>[^<]{0,80})*<\|message\|>\s*"
)
_NAMED = re.compile(
    rf"(?:function<｜tool▁sep｜>)?{_NAME}(?::\d+)?(?:\s|`{{3}}\w*|<[|｜][^<>]{{1,40}}[|｜]>|\[ARGS\]|\[CALL_ID\]\w{{1,64}})*(?={{)"
)
_PREFIX = r"(?:[^<>\s/]{0,16}[:｜])?"
_OPENED = re.compile(rf"<{_PREFIX}(?:function=|invoke\s+name=)[\"']?(?P<name>[\w.-]{{1,64}})[\"']?\s*>\s*")
_CLOSED = re.compile(rf"\s*</{_PREFIX}(?:function|invoke)>")
_PARAMETER = re.compile(
    rf"\s*<{_PREFIX}parameter(?:=|\s+name=)[\"']?(?P<key>[\w.-]{{1,64}})[\"']?(?:\s[^<>]{{0,40}})?>"
)
_PARAMETER_END = re.compile(rf"</{_PREFIX}parameter>")
_PAIRED_NAME = re.compile(r"(?P<name>[\w.-]{1,64})\s*(?=<arg_key>)")
_PAIRED_KEY = re.compile(r"\s*<arg_key>\s*(?P<key>[\w.-]{1,64})\s*</arg_key>\s*<arg_value>")
_PAIRED_END, _PAIRED_CLOSED = re.compile(r"</arg_value>"), re.compile(r"\s*</tool_call>")
_CALLED, _CALLED_END = re.compile(rf"{_NAME}\(\s*"), re.compile(r"\s*\)(?:\s*\])?")
_KEYWORD, _COMMA = re.compile(r"(?P<key>\w{1,64})\s*=\s*"), re.compile(r"\s*,\s*")
_CONSTANT = re.compile(r"'(?P<text>(?:[^'\\]|\\.)*)'|(?P<word>True|False|None)\b", re.DOTALL)
_CONSTANTS: dict[str | None, Any] = {"True": True, "False": False, "None": None}
_ESCAPED = {"n": "\n", "t": "\t"}

_NAMES = ("name", "tool_name", "tool", "function", "action")
_ARGUMENTS = ("arguments", "parameters", "args", "input", "tool_input", "action_input")
_BESIDE = {"type", "id", "call_id", "tool_call_id", "index"}


class WrittenCall(NamedTuple):
    """A tool and the arguments it is called with."""

    name: str
    arguments: dict[str, Any]


_Schemas = Mapping[str, Mapping[str, Any]]
_Found = tuple[WrittenCall, int] | None
"""A call and where it ends."""


def written_calls(text: str, offered: _Schemas) -> list[WrittenCall]:
    """The calls that a text is made of; none where it has anything else in it, or calls what is not offered.

    Args:
        text: without reasoning.
        offered: name of each tool to the JSON schema of its arguments, which says what is text in a form without JSON.
    """
    calls = list(_calls(text, offered))
    return [call for call in calls if call is not None] if None not in calls else []


def _calls(text: str, offered: _Schemas) -> Iterator[WrittenCall | None]:
    """Each call; None for what is none, and then nothing more."""
    at, framed = 0, False
    while True:
        while skipped := _SPACE.match(text, at):
            at = skipped.end()
        if at == len(text):
            return
        if named := _CHANNEL.match(text, at) or (framed and _NAMED.match(text, at)) or None:
            found = _json_arguments(text, named)
        elif opened := _OPENED.match(text, at):
            found = _in_function(text, opened, offered)
        elif framed and (opened := _PAIRED_NAME.match(text, at)):
            found = _closed(text, _tagged(text, opened, _PAIRED_KEY, _PAIRED_END, offered), _PAIRED_CLOSED)
        elif opened := _CALLED.match(text, at):
            found = _closed(text, _with_keywords(text, opened), _CALLED_END)
        elif frame := _FRAME.match(text, at):
            at, framed = frame.end(), True
            continue
        else:
            found = decoded_at(text, at)
        calls = [None] if found is None else [found[0]] if isinstance(found[0], WrittenCall) else _as_calls(found[0])
        for call in calls:
            if call is None or call.name not in offered:
                yield None
                return
            yield call
        at = found[1] if found else at


def _json_arguments(text: str, named: re.Match[str]) -> _Found:
    found = decoded_at(text, named.end())
    return (WrittenCall(named["name"], found[0]), found[1]) if found and isinstance(found[0], dict) else None


def _in_function(text: str, opened: re.Match[str], offered: _Schemas) -> _Found:
    if text.startswith("{", opened.end()):
        return _closed(text, _json_arguments(text, opened), _CLOSED)
    return _closed(text, _tagged(text, opened, _PARAMETER, _PARAMETER_END, offered), _CLOSED)


def _closed(text: str, found: _Found, closing: re.Pattern[str]) -> _Found:
    """A call whose closing tag follows: without it, arguments may be missing."""
    closed = closing.match(text, found[1]) if found else None
    return (found[0], closed.end()) if found and closed else None


def _tagged(text: str, opened: re.Match[str], key: re.Pattern[str], end: re.Pattern[str], offered: _Schemas) -> _Found:
    """A call with each argument in tags; one that is given twice or does not end makes it none."""
    properties = offered.get(opened["name"], {}).get("properties", {})
    arguments: dict[str, Any] = {}
    at = opened.end()
    while begun := key.match(text, at):
        ended = end.search(text, begun.end())
        if ended is None or begun["key"] in arguments:
            return None
        value = text[begun.end() : ended.start()].strip("\n")
        is_text = properties.get(begun["key"], {}).get("type") == "string"
        read = [] if is_text else whole_json(value)
        arguments[begun["key"]] = read[0] if len(read) == 1 else value
        at = ended.end()
    return WrittenCall(opened["name"], arguments), at


def _with_keywords(text: str, opened: re.Match[str]) -> _Found:
    """A call with keyword arguments whose values are JSON or Python's own constants."""
    arguments: dict[str, Any] = {}
    at = opened.end()
    while begun := _KEYWORD.match(text, at):
        if constant := _CONSTANT.match(text, begun.end()):
            value, at = _CONSTANTS.get(constant["word"]), constant.end()
            if constant["text"] is not None:
                value = re.sub(r"\\(.)", lambda escape: _ESCAPED.get(escape[1], escape[1]), constant["text"])
        elif found := decoded_at(text, begun.end()):
            value, at = found
        else:
            return None
        if begun["key"] in arguments:
            return None
        arguments[begun["key"]] = value
        if not (comma := _COMMA.match(text, at)):
            break
        at = comma.end()
    return WrittenCall(opened["name"], arguments), at


def _as_calls(value: Any) -> list[WrittenCall | None]:
    if isinstance(value, dict) and [*value] == ["tool_calls"]:
        value = value["tool_calls"]
    return [_as_call(one) for one in (value if isinstance(value, list) else [value])] or [None]


def _as_call(value: Any) -> WrittenCall | None:
    """A JSON object with a name and arguments and nothing else; arguments may be JSON written as text."""
    if isinstance(value, dict) and isinstance(value.get("function"), dict) and {*value} - {"function"} <= _BESIDE:
        value = value["function"]
    if not isinstance(value, dict):
        return None
    names, given = [key for key in _NAMES if key in value], [key for key in _ARGUMENTS if key in value]
    if len(names) != 1 or len(given) != 1 or not {*value} - {names[0], given[0]} <= _BESIDE:
        return None
    name, arguments = value[names[0]], value[given[0]]
    if isinstance(arguments, str):
        arguments = as_one(whole_json(arguments))
    return WrittenCall(name, arguments) if isinstance(name, str) and isinstance(arguments, dict) else None

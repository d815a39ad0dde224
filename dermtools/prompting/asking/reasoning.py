"""What a model says, told from the reasoning that it thinks aloud before it."""

from __future__ import annotations

import re
from collections import Counter

_TAGS = "think|thinking|thoughts?|reasoning|reflection|analysis|rationale|scratch_?pad|chain_of_thought|inner_monologue"
_HEADER = r"[^<]{0,80} (?:<\|(?:channel|constrain)\|> [^<]{0,80}){0,2}"
# How models mark reasoning, as their chat templates and the reasoning parsers of vLLM, SGLang and llama.cpp have it:
# tags of any spelling (DeepSeek, Qwen, Seed, LongCat, Kimi-VL), [THINK] (Magistral), begin_of_thought (OpenThinker,
# Command A), <unused94> (MedGemma), <|channel>thought (Gemma 4), inner_prefix (Apertus), a sentence (Granite 3), and
# the channels of gpt-oss ("OpenAI Harmony response format"), with its special tokens or, where a server drops them,
# without. Of its messages only `final` and those `to` a tool are said.
_MARK = re.compile(
    rf"""
      <[|｜] (?:(?:begin|start)|(?P<token_end>end)) (?:_of)?_ (?P<token>{_TAGS}) [|｜]>
    | (?:<[|｜]?|◁) (?P<tag_end>/?) [|｜]? (?:[\w-]{{1,20}}[:_])? (?P<tag>{_TAGS}) (?:\s[^<>]{{0,80}})? (?:[|｜]?>|▷)
    | \[ (?P<bracket_end>/?) (?P<bracket>think)(?:ing)? \]
    | <unused9(?:4|(?P<unused_end>5))> (?P<unused>)
    | <\|channel>\s*thought (?P<turn>) | (?P<turn_end><channel\|>)
    | <\|inner_(?:prefix|(?P<inner_end>suffix))\|> (?P<inner>)
    | \A\s*Here(?:['’]s|\ is)\ my\ thought\ process: (?P<sentence>)
    | Here(?:['’]s|\ is)\ my\ response: (?P<sentence_soft>)
    | (?:<\|start\|>\s*assistant)? <\|channel\|>\s*final {_HEADER} <\|message\|> (?P<said>)
    | (?-i:assistantfinal) (?P<said_bare>)
    | (?:<\|start\|>\s*assistant [^<]{{0,80}} \bto= {_HEADER} | <\|channel\|> [^<]{{0,80}} \bto= {_HEADER})
      <\|message\|> (?P<call>)
    | <\|channel\|> {_HEADER} <\|message\|> (?P<channel>)
    | <\|(?:end|start|return|call)\|> (?P<channel_soft>)
    """,
    re.IGNORECASE | re.VERBOSE,
)
_TOKEN = re.compile(
    r"<\|(?:im_)?start\|>\s*assistant\b|<[|｜][^<>]{1,40}[|｜]>|</?s>|<(?:bos|eos|pad|(?:start|end)_of_turn|turn\|)>"
)
_MOST_TOKENS = 10
_FORM = "".join(map(chr, (*range(9, 14), 32, 0x85, 0xA0, 0xAD, *range(0x2000, 0x2010), *range(0x2028, 0x2030), 0x205F)))
_FORM += "\u2060\u2066\u2067\u2068\u2069\u3000\ufeff"
"""White space and characters that are not seen: a byte order mark, zero-width spaces, direction marks, soft hyphens."""


def without_reasoning(text: str) -> tuple[str, bool]:
    """What is left of a reply without its reasoning, and whether it ends inside its reasoning: then nothing is.

    A closing mark without its opening one ends reasoning that the chat template opened: all before it is dropped.
    """
    bare_channels = text.lstrip().startswith(("analysis", "assistantfinal"))
    kept: list[str] = []
    inside: list[str] = []
    counts: Counter[str] = Counter()
    at = 0
    for mark in _MARK.finditer(text):
        kind, action = _meaning(mark)
        if action == "said":
            if len(inside) == counts["channel"] and (bare_channels or mark["said_bare"] is None):
                kept, inside, counts = [], [], Counter()
                at = mark.end()
            continue
        if action == "call":
            if inside and len(inside) == counts["channel"]:
                inside, counts = [], Counter()
                at = mark.start()
            continue
        if action == "open":
            doubled = bool(inside) and inside[-1] == kind and not text[at : mark.start()].strip()
            if not inside:
                kept.append(text[at : mark.start()])
            if not doubled:
                inside.append(kind)
                counts[kind] += 1
        elif counts[kind]:
            while (closed := inside.pop()) != kind:
                counts[closed] -= 1
            counts[kind] -= 1
        elif action == "close" and not inside:
            kept = []
        else:
            continue
        at = mark.end()
    if inside:
        return "", True
    return "\n".join([part for part in kept if part.strip()] + [text[at:]]), False


def without_tokens(text: str) -> str:
    """The text without what is not seen around it, and special tokens such as `<|im_end|>` or `<|begin_of_box|>`."""
    text = text.strip(_FORM)
    for _ in range(_MOST_TOKENS):
        if first := _TOKEN.match(text):
            text = text[first.end() :].lstrip(_FORM)
        elif text.endswith(">") and _TOKEN.fullmatch(text, start := text.rfind("<")):
            text = text[:start].rstrip(_FORM)
        else:
            break
    return text


def _meaning(mark: re.Match[str]) -> tuple[str, str]:
    """Which kind of reasoning a mark is of, and what it does; `soft` closes it only where it is open."""
    groups = {name: found for name, found in mark.groupdict().items() if found is not None}
    name, _, _ = next(iter(groups)).partition("_")
    if name in ("said", "call"):
        return name, name
    kind = groups.get(name, "").lower() or name
    if f"{name}_soft" in groups:
        return kind, "soft"
    return kind, "close" if groups.get(f"{name}_end") else "open"

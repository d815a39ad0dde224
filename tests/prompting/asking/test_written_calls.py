"""Tool calls written as text: every form is the same call, and what is not wholly a call is none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.prompting.asking.written_calls import WrittenCall, written_calls

OFFERED = {
    "answer": {"properties": {"label": {"type": "string"}, "share": {"type": "number"}}},
    "get_case": {"properties": {"case_id": {"type": "string"}}},
}
ARGUMENTS = {"label": "12", "share": 0.5}
OBJECT = json.dumps({"name": "answer", "arguments": ARGUMENTS})
GIVEN = json.dumps(ARGUMENTS)
WRITTEN = json.dumps(GIVEN)

# From the chat templates on the models' cards and vLLM's "Tool calling" page and tool parsers.
FORMS = {
    "bare": OBJECT,
    "Llama 3.1's word": OBJECT.replace("arguments", "parameters"),
    "arguments as text": f'{{"name": "answer", "arguments": {WRITTEN}}}',
    "OpenAI's form": f'{{"type": "function", "function": {{"name": "answer", "arguments": {WRITTEN}}}}}',
    "OpenAI's list": f'{{"tool_calls": [{{"id": "1", "function": {{"name": "answer", "arguments": {GIVEN}}}}}]}}',
    "ReAct in JSON": f'```json\n{{"action": "answer", "action_input": {GIVEN}}}\n```',
    "fenced": f"```json\n{OBJECT}\n```",
    "fenced without a language": f"```\n{OBJECT}\n```",
    "Hermes, Qwen": f"<tool_call>\n{OBJECT}\n</tool_call>",
    "not closed": f"<tool_call>\n{OBJECT}",
    "Granite 3": f"<|tool_call|>[{OBJECT}]",
    "Granite 3.1": f"<tool_call>[{OBJECT}]",
    "Jamba, xLAM": f"<tool_calls>[\n  {OBJECT}\n]</tool_calls>",
    "Qwen 2.5 Coder": f"<tools>\n{OBJECT}\n</tools>",
    "Nemotron": f"<TOOLCALL>[{OBJECT}]</TOOLCALL>",
    "Phi 4 mini, Firefunction": f" functools[{OBJECT}]",
    "InternLM": f"<|action_start|><|plugin|>\n{OBJECT.replace('arguments', 'parameters')}<|action_end|>\n",
    "Mistral": f"[TOOL_CALLS] [{OBJECT}]</s>",
    "Mistral v11": f"[TOOL_CALLS]answer{GIVEN}",
    "Mistral v13": f"[TOOL_CALLS]answer[CALL_ID]9b7a2c1d0[ARGS]{GIVEN}",
    "Llama 3": f"<|python_tag|>{OBJECT.replace('arguments', 'parameters')}<|eom_id|>",
    "Llama 3.1, own functions": f"<function=answer>{GIVEN}</function>",
    "Command R7B": f'<|START_ACTION|>[{{"tool_call_id": "0", "tool_name": "answer", "parameters": {GIVEN}}}'
    "]<|END_ACTION|>",
    "DeepSeek V3": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>answer\n```json\n"
    f"{GIVEN}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>",
    "DeepSeek V3.1": f"<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>answer<｜tool▁sep｜>{GIVEN}<｜tool▁call▁end｜>"
    "<｜tool▁calls▁end｜>",
    "DeepSeek V3.2": '<｜DSML｜function_calls>\n<｜DSML｜invoke name="answer">\n'
    '<｜DSML｜parameter name="label" string="true">12</｜DSML｜parameter>\n'
    '<｜DSML｜parameter name="share" string="false">0.5</｜DSML｜parameter>\n'
    "</｜DSML｜invoke>\n</｜DSML｜function_calls>",
    "Kimi K2": "<|tool_calls_section_begin|><|tool_call_begin|>functions.answer:0<|tool_call_argument_begin|>"
    f"{GIVEN}<|tool_call_end|><|tool_calls_section_end|>",
    "Qwen 3 Coder": "<tool_call>\n<function=answer>\n<parameter=label>\n12\n</parameter>\n"
    "<parameter=share>\n0.5\n</parameter>\n</function>\n</tool_call>",
    "Seed OSS": "<seed:tool_call>\n<function=answer>\n<parameter=label>12</parameter>\n"
    "<parameter=share>0.5</parameter>\n</function>\n</seed:tool_call>",
    "GLM 4.5": "<tool_call>answer\n<arg_key>label</arg_key>\n<arg_value>12</arg_value>\n"
    "<arg_key>share</arg_key>\n<arg_value>0.5</arg_value>\n</tool_call>",
    "MiniMax M2": '<minimax:tool_call>\n<invoke name="answer">\n<parameter name="label">12</parameter>\n'
    '<parameter name="share">0.5</parameter>\n</invoke>\n</minimax:tool_call>',
    "Llama 4": "<|python_start|>[answer(label='12', share=0.5)]<|python_end|>",
    "Llama 3.2": '[answer(label="12", share=0.5)]',
    "Gemma 3": "```tool_code\nanswer(label='12', share=0.5)\n```",
    "OLMo 3": '<function_calls>\nanswer(label="12", share=0.5)\n</function_calls>',
    "gpt-oss": f"<|channel|>commentary to=functions.answer <|constrain|>json<|message|>{GIVEN}<|call|>",
    "gpt-oss, in the role": "<|start|>assistant to=functions.answer<|channel|>commentary json<|message|>"
    f"{GIVEN}<|call|>",
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_the_same_call(form: str) -> None:
    assert written_calls(FORMS[form], OFFERED) == [WrittenCall("answer", ARGUMENTS)]


@pytest.mark.parametrize("form", FORMS)
def test_a_form_with_other_words_or_of_another_tool_is_no_call(form: str) -> None:
    for text in (f"For example: {FORMS[form]}", f"{FORMS[form]} is how.", FORMS[form].replace("answer", "answers")):
        assert written_calls(text, OFFERED) == []


@pytest.mark.parametrize("form", FORMS)
def test_a_form_that_is_cut_off_is_no_call_until_its_arguments_are_whole(form: str) -> None:
    text = FORMS[form]
    for end in range(len(text)):
        assert written_calls(text[:end], OFFERED) in ([], [WrittenCall("answer", ARGUMENTS)])


def test_constants_as_python_writes_them() -> None:
    text = r"""[answer(a='it\'s\n"so"', b=True, c=None, d=["x"], e=-1), answer()]"""
    first = WrittenCall("answer", {"a": 'it\'s\n"so"', "b": True, "c": None, "d": ["x"], "e": -1})
    assert written_calls(text, OFFERED) == [first, WrittenCall("answer", {})]


def test_several_calls_are_read_in_order() -> None:
    second = '{"name": "get_case", "arguments": {"case_id": "a"}}'
    two = f"<tool_call>{OBJECT}</tool_call>\n<tool_call>{second}</tool_call>"
    calls = [WrittenCall("answer", ARGUMENTS), WrittenCall("get_case", {"case_id": "a"})]
    assert written_calls(two, OFFERED) == calls
    assert written_calls(two.replace("get_case", "delete_case"), OFFERED) == [], "not even the one that is offered"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<tool_call></tool_call>",
        "answer",
        "answer('12')",
        "answer(label='12'",
        "answer(label=open('x'))",
        "answer(label='12', label='13')",
        f"answer{GIVEN}",
        '{"name": "answer"}',
        '{"name": "answer", "arguments": "arm"}',
        '{"name": "answer", "arguments": {}, "parameters": {}}',
        '{"name": "answer", "description": "Gives the answer.", "parameters": {"type": "object"}}',
        '{"name": "answer", "name": "answer", "arguments": {}}',
        '{"name": ["answer"], "arguments": {}}',
        '[["answer", {}]]',
        "<function=answer><parameter=label>12</parameter><parameter=label>13</parameter></function>",
    ],
)
def test_what_is_no_call(text: str) -> None:
    assert written_calls(text, OFFERED) == []


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.from_regex(r"[a-z_]{1,8}", fullmatch=True), st.text(max_size=20), max_size=3))
def test_any_text_comes_back_as_an_argument(arguments: dict[str, str]) -> None:
    text = json.dumps({"name": "answer", "arguments": arguments}, ensure_ascii=False)
    for form in (
        text,
        f"<tool_call>{text}</tool_call>",
        f"```json\n{text}\n```",
        f"[TOOL_CALLS]answer{json.dumps(arguments)}",
    ):
        assert written_calls(form, OFFERED) == [WrittenCall("answer", arguments)]


HOSTILE = [
    "<tool_call>",
    "```json",
    "[TOOL_CALLS]a",
    "<function=answer>",
    "<parameter=a>",
    '{"name":',
    "[",
    "<|a|>",
    "answer:1",
    "to=",
]


@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("start", ["", "<function=answer>", "<|a|>answer", "answer("])
def test_many_marks_is_read_to_its_end(start: str, piece: str) -> None:
    """In a time that grows with the square of the length this would not end."""
    assert written_calls(start + piece * (200_000 // len(piece)), OFFERED) == []

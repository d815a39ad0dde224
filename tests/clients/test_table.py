from __future__ import annotations

import re
from typing import Any

from tests.clients import table
from tests.clients.environments import HERE
from tests.clients.running import Outcome, clients
from tests.clients.steps import STEPS, missing_words

Schemas = dict[str, dict[str, Any]]


def test_the_page_has_a_row_for_every_client_at_the_version_that_is_pinned() -> None:
    page = table.PAGE.read_text(encoding="utf-8")
    documented = dict(re.findall(r"^\| ([\w-]+) \| ([\d.]+) \|", page, re.MULTILINE))
    for client in clients():
        pinned = [
            file.read_text(encoding="utf-8") for file in HERE.glob(f"{client}/*") if file.suffix in (".txt", ".json")
        ]
        assert any(documented.get(client, "undocumented") in text for text in pinned), client


def test_what_failed_and_why_stands_in_the_table() -> None:
    outcomes = [Outcome("one", "1.0", step, "passed") for step in list(STEPS)[:-1]]
    outcomes.append(Outcome("one", "1.0", list(STEPS)[-1], "failed", "it\nbroke"))
    *_, row = table.rows(outcomes)
    assert row == "| one | 1.0 | " + "yes | " * (len(STEPS) - 1) + "**no** |"
    assert list(table.remarks(outcomes)) == [f"- one: {list(STEPS)[-1]}: it broke"]


def test_a_lost_tool_type_or_description_is_named() -> None:
    argument = {"type": "string", "description": "Which picture."}
    listed: Schemas = {"search": {"properties": {"image": argument}}, "get": {"properties": {}}}
    strict = {"description": "Which\n picture. Required.", "anyOf": [{"type": "string"}, {"type": "null"}]}
    assert missing_words(listed, {"derm_search": {"properties": {"image": strict}}, "get": {}}) == []
    assert missing_words(listed, {"search": {"properties": {"image": {"type": "string"}}}}) == [
        "description of search.image",
        "the tool get",
    ]
    assert missing_words(listed, {"search": {}, "get": {}}) == ["type of search.image", "description of search.image"]


def test_a_type_that_the_server_never_gave_is_named_too() -> None:
    bare: Schemas = {"search": {"properties": {"image": {"description": "Which picture."}}}}
    assert missing_words(bare, bare) == ["search.image has no type to begin with"]

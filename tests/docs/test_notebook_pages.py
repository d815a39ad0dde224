"""A notebook is a page of the site, with what its cells showed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from docs.generator import carried, notebooks
from docs.generator.notebook_runs import execute
from tests.support.paths import ROOT

PAGES = notebooks.pages()


@pytest.mark.parametrize("document", carried.NOTEBOOKS)
def test_a_page_has_all_that_its_notebook_says_and_shows(document: str) -> None:
    page = PAGES[carried.NOTEBOOKS[document]]
    cells = json.loads((ROOT / document).read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert [text for text in code if f"```python\n{text}\n```" not in page] == []
    printed = ["".join(one["text"]).rstrip() for cell in cells for one in cell.get("outputs", ()) if "text" in one]
    assert [text for text in printed if text not in page] == []
    figures = [one for cell in cells for one in cell.get("outputs", ()) if "image/png" in one.get("data", ())]
    assert page.count("data:image/png;base64,") == len(figures)


def test_a_link_to_a_notebook_leads_to_its_page() -> None:
    assert carried.with_links("x.md", "docs/x.md", "[a](../examples/evaluate_rag.ipynb)") == (
        "[a](examples/evaluate_rag.md)"
    )


def code(text: str, *tags: str) -> dict[str, Any]:
    return {"cell_type": "code", "source": [text], "metadata": {"tags": list(tags)}}


def test_given_values_follow_the_cell_of_parameters(capsys: pytest.CaptureFixture[str]) -> None:
    notebook = {"cells": [code("a = 'as written'", "parameters"), code("print(a)\na")]}
    execute(notebook, {"a": "given"})
    assert notebook["cells"][1]["outputs"] == [
        {"name": "stdout", "output_type": "stream", "text": ["given\n"]},
        {"data": {"text/plain": ["'given'"]}, "metadata": {}, "output_type": "display_data"},
    ]


def test_a_cell_that_fails_ends_the_run(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        execute({"cells": [code("1 / 0")]}, {})
    assert "ZeroDivisionError" in capsys.readouterr().err

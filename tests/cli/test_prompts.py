"""`prompts` and `prompt`: the library, and exactly what would be sent."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.command_line import Run


def test_list_names_the_built_in_prompts(run: Run) -> None:
    listed = {entry["id"]: entry for entry in run("prompts", "list", "--json").json}
    assert {"location", "diagnosis", "infection", "generic", "describe", "compare", "agent"} <= set(listed)
    assert all(entry["problem"] is None and entry["builtin"] for entry in listed.values())
    assert len({entry["hash"] for entry in listed.values()}) == len(listed)


def test_show_prints_the_file_as_it_is(run: Run) -> None:
    built_in = Path(__file__).resolve().parents[2] / "prompts" / "location.yaml"
    assert run("prompts", "show", "location").out == built_in.read_text(encoding="utf-8")


def test_check_names_file_and_line_of_a_problem(run: Run, tmp_path: Path) -> None:
    built_in = Path(__file__).resolve().parents[2] / "prompts" / "generic.yaml"
    text = built_in.read_text(encoding="utf-8").replace("id: generic", "id: mine\ncolour: blue", 1)
    (tmp_path / "mine.yaml").write_text(text, encoding="utf-8")
    done = run("prompts", "check", tmp_path)
    assert done.code == 1
    assert "mine.yaml:2:" in done.out
    assert "colour" in done.out
    assert run("prompts", "check").code == 0


def test_prompt_shows_what_would_be_sent_and_its_price(run: Run, sample_base: Path, tmp_path: Path) -> None:
    page = tmp_path / "prompt.html"
    done = run(
        "prompt", sample_base, "--case", "drawn_p03_1", "--task", "location", "--method", "rag-3", "--html", page
    )
    assert done.code == 0, done.err
    assert done.out.count("<picture, ") == 4
    assert done.out.count("Answer: ") == 3
    assert "$" in done.out
    assert "Nothing was sent." in done.out
    # The examples stand in a strip and once more in their message.
    assert len(set(re.findall(r"data:image/jpeg;base64,[^\"]+", page.read_text(encoding="utf-8")))) == 4


def test_zero_shot_shows_the_picture_alone(run: Run, sample_base: Path) -> None:
    arguments = ("--case", "drawn_p03_1", "--task", "location", "--method", "zero-shot", "--model", "openai:no-such")
    done = run("prompt", sample_base, *arguments)
    assert done.out.count("<picture, ") == 1
    assert "unknown" in done.out


def test_a_prompted_method_needs_a_model(run: Run, sample_base: Path) -> None:
    done = run("classify", sample_base, "--case", "drawn_p03_1", "--task", "location", "--method", "rag-5")
    assert done.code == 1
    assert "--model openai:gpt-4.1" in done.err

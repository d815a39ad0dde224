from __future__ import annotations

import pytest

from dermtools.prompting.files.library import PromptLibrary, read_prompt
from dermtools.prompting.files.writing import prompt_yaml

BUILT_IN = PromptLibrary()


@pytest.mark.parametrize("prompt", list(BUILT_IN), ids=lambda prompt: prompt.id)
def test_a_prompt_that_is_written_down_reads_as_the_same(prompt, tmp_path):
    path = tmp_path / f"{prompt.id}.yaml"
    path.write_text(prompt_yaml(prompt.file), encoding="utf-8")
    assert read_prompt(path).hash == prompt.hash


def test_texts_of_several_lines_stay_readable():
    assert "  text: |\n" in prompt_yaml(BUILT_IN.get("agent").file)

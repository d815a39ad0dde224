"""Labels reach a model with what they mean, once a result."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases import Task
from dermtools.prompting.files.library import PromptLibrary
from dermtools.retrieval import CaseBase
from dermtools.tools import Workspace
from dermtools.tools.briefing import system_text
from dermtools.tools.glosses import glosses, in_words
from tests.support.tool_calls import called

TASK = Task(name="diagnosis", question="Which?", labels=("ACK", "BCC", "SEK", "unheard of"))
PROMPT = """
id: location
version: 1
description: Body site.
template_format: f-string
task: location
label_descriptions:
  face: FACE PART - all of the face
  foot: FOOT PART
messages:
  - role: user
    text: Where?
  - placeholder: exemplars
exemplar:
  single:
    - role: user
      text: "Answer: {label}"
"""


@pytest.fixture
def glossed(case_base: CaseBase, tmp_path: Path) -> Workspace:
    (tmp_path / "location.yaml").write_text(PROMPT)
    return Workspace(case_base, library=PromptLibrary(tmp_path))


def test_glosses_are_those_of_the_prompt_that_classifies_up_to_the_description() -> None:
    known = glosses(PromptLibrary(), TASK)
    assert known["ACK"] == "actinic keratosis"
    assert known["BCC"] == "basal cell carcinoma"
    assert "unheard of" not in known
    assert in_words(PromptLibrary(), [TASK], ["BCC", "ACK", "BCC", "unheard of"]) == [
        "in words: BCC = basal cell carcinoma; ACK = actinic keratosis"
    ]
    assert in_words(PromptLibrary(), [TASK], ["unheard of"]) == []


def test_a_prompt_file_that_is_not_valid_leaves_the_labels_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "diagnosis.yaml").write_text("id: diagnosis\n")
    assert glosses(PromptLibrary(tmp_path), TASK) == {}


def test_a_search_says_once_what_its_labels_mean(glossed: Workspace) -> None:
    text = called(glossed, "search_similar_cases", image="case:drawn_p01_1", k=20).text
    assert text.count("face = FACE PART") == text.count("foot = FOOT PART") == text.count("in words:") == 1


def test_case_classification_and_exemplars_say_it_too(glossed: Workspace) -> None:
    face = next(
        case_id
        for case_id in glossed.case_base.columns.case_ids
        if glossed.case_base.case(case_id).labels["location"] == ("face",)
    )
    for name, arguments in {
        "get_case": {"case_id": face},
        "classify_with_adapter": {"image": f"case:{face}", "task": "location", "top_k": 20},
        "format_exemplars": {"task": "location", "case_ids": [face]},
    }.items():
        assert "face = FACE PART" in called(glossed, name, **arguments).text


def test_the_description_and_the_system_prompt_have_them_beside_the_labels(glossed: Workspace) -> None:
    described = called(glossed, "describe_case_base")
    assert described.artifact["tasks"][1]["glosses"] == {"face": "FACE PART", "foot": "FOOT PART"}
    assert "face (FACE PART) " in described.text
    assert "foot (FOOT PART)" in system_text(glossed)

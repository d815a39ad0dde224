"""The prompt library: layers, strictness with file and line, hashes, and the built-in prompts."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest
from langchain_core.messages import HumanMessage

from dermtools.cases import Task
from dermtools.errors import PromptError
from dermtools.prompting import PromptLibrary, compile_exemplar, compile_prompt, read_prompt
from dermtools.prompting.files.schema import EXEMPLAR_VARIABLES, InstructionKind
from tests.support.paths import ROOT
from tests.support.prompt_files import MINE, write


def test_a_valid_file_is_read(tmp_path: Path) -> None:
    prompt = read_prompt(write(tmp_path, MINE))
    assert (prompt.id, prompt.file.version, prompt.file.label_field) == ("mine", 1, "label")


WRONG = {
    "unknown key": ("version: 1", "version: 1\ncolour: red", 3, "colour: unknown key"),
    "unknown key below": ("    text: |", "    txet: hm\n    text: |", 12, "messages.0.txet: unknown key"),
    "unknown role": ("role: system", "role: doctor", 11, "messages.0.role"),
    "undeclared variable": ("One word.", "One word on {topic}.", 12, "{topic} is not declared under `variables`"),
    "unused variable": ("  labels: the classes", "  labels: the classes\n  note: never", 8, "'note' is declared but"),
    "variable in an instruction": ("the {labels} again", "the {classes} again", 9, "{classes} is not declared"),
    "instruction without a place": ("      {instruction}\n", "", 8, "no message says {instruction}"),
    "bad exemplar variable": ("It is {label}.", "It is {diagnosis}.", 27, "{diagnosis} is nothing an example has"),
    "attribute access": ("of {labels}", "of {labels.__class__}", 12, "not a plain variable"),
    "format specification": ("of {labels}", "of {labels:>9}", 12, "not a plain variable"),
    "unbalanced brace": ("One word.", "One { word.", 12, "write literal braces twice"),
    "missing key": ("description: A prompt of my own.\n", "", 1, "the key 'description' is missing"),
    "number for text": ("description: A prompt of my own.", "description: 12", 3, "must be text"),
    "text for number": ("version: 1", "version: one", 2, "version"),
    "another id": ("id: mine", "id: yours", 1, "differ"),
    "key twice": ("version: 1", "version: 1\nversion: 2", 3, "'version' is given twice"),
    "alias": ("version: 1", "version: &v 1\ntask: *v", 3, "aliases"),
    "tag": ("version: 1", "version: !!python/object/apply:os.getcwd []", 2, "not valid YAML"),
    "picture for the system": ("    text: |\n      Choose one of {labels}.\n\n      {instruction}\n\n      One word.\n",
                               '    content:\n      - image: "{image}"\n', 11, "pictures are only allowed"),
    "two in one block": ('"{image}"\nexemplar', '"{image}"\n        text: x\nexemplar', 21, "either `text` or `image`"),
    "jinja": ("template_format: f-string", "template_format: jinja2", 4, "template_format"),
    "yes as a key": ("output:", "label_descriptions:\n  yes: agreed\noutput:", 28, "must be text"),
    "unknown method": ("  rag: Look", "  rga: Look", 9, "instructions.rga"),
    "choice without choices": ("type: label", "type: choice", 29, "`choices` goes with"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_told_in_one_line_with_file_and_line(tmp_path: Path, case: str) -> None:
    old, new, line, reason = WRONG[case]
    assert old in MINE
    path = write(tmp_path, MINE.replace(old, new, 1))
    with pytest.raises(PromptError) as caught:
        read_prompt(path)
    assert str(caught.value).startswith(f"{path}:{line}: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


HIDDEN_BY_OTHERS = {"alias", "tag"}
"""Without YAML that can be followed there is nothing more to look at."""
ONLY_IN_SOUND_FILES = {"unused variable", "instruction without a place"}
"""What is missing may stand in a part that cannot be read."""
UNDECIDABLE = (
    {"unknown role", "picture for the system"},  # whether the role may have pictures
    {"unbalanced brace", "attribute access"},  # where the one text's variables begin and end
    {"unbalanced brace", "format specification"},
)


@pytest.mark.parametrize("case", [case for case in WRONG if case not in HIDDEN_BY_OTHERS | ONLY_IN_SOUND_FILES])
def test_check_tells_all_faults_of_a_file(tmp_path: Path, case: str) -> None:
    old, new, _, reason = WRONG[case]
    for other in WRONG.keys() - HIDDEN_BY_OTHERS - ONLY_IN_SOUND_FILES - {case}:
        second_old, second_new, _, second_reason = WRONG[other]
        text = MINE.replace(old, new, 1)
        if second_old not in text or old not in MINE.replace(second_old, second_new, 1):
            continue  # they are about the same words
        if {case, other} in UNDECIDABLE:
            continue
        problems = PromptLibrary().check([write(tmp_path, text.replace(second_old, second_new, 1)).parent])
        missing = [one for one in (reason, second_reason) if not any(one in problem for problem in problems)]
        assert missing == [], (other, problems)
        lines = [int(problem.split(":")[1]) for problem in problems]
        assert lines == sorted(lines)


@pytest.mark.parametrize("text", ["", "- a\n- b", "just words", "a: [1", "\0", "id: mine\n\tversion: 1"])
def test_what_is_no_prompt_file_is_refused(tmp_path: Path, text: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(PromptError, match=r"mine\.yaml:\d+: "):
        read_prompt(path)


def test_a_file_that_is_not_there_or_no_text_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(PromptError, match="cannot be read"):
        read_prompt(tmp_path / "none.yaml")
    (tmp_path / "mine.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PromptError, match="not UTF-8"):
        read_prompt(tmp_path / "mine.yaml")


def test_a_later_folder_wins_over_the_built_in_prompts(tmp_path: Path) -> None:
    text = MINE.replace("id: mine", "id: location").replace("variables:", "task: location\nvariables:")
    write(tmp_path, text, "location.yaml")
    task = Task(name="location", question="Where?", labels=("a", "b"))
    assert PromptLibrary().for_task(task).path.parent != tmp_path
    assert PromptLibrary(tmp_path).for_task(task).path.parent == tmp_path


def test_a_task_without_a_prompt_of_its_own_gets_the_generic_one() -> None:
    assert PromptLibrary().for_task(Task(name="texture", question="?", labels=("a",))).id == "generic"
    assert PromptLibrary().for_task(Task(name="describe", question="?", labels=("a",))).id == "generic"


def test_an_unknown_prompt_names_near_ones() -> None:
    with pytest.raises(PromptError, match="no prompt 'loction'; did you mean location\\?"):
        PromptLibrary().get("loction")


def test_a_broken_file_is_listed_with_its_problem_and_leaves_the_others_alone(tmp_path: Path) -> None:
    write(tmp_path, "id: mine")
    library = PromptLibrary(tmp_path)
    (broken,) = (entry for entry in library.entries() if entry.problem)
    assert (broken.id, broken.builtin) == ("mine", False)
    assert broken.problem == broken.problems[0]
    assert library.check() == list(broken.problems)
    assert [problem.rpartition("the key ")[2] for problem in broken.problems] == [
        f"{key!r} is missing" for key in ("version", "description", "template_format", "messages")
    ]
    assert library.get("location").id == "location"


def test_a_missing_folder_is_an_error() -> None:
    with pytest.raises(PromptError, match="does not exist"):
        PromptLibrary("/no/such/folder")
    with pytest.raises(PromptError, match="does not exist"):
        PromptLibrary().check(["/no/such/folder"])


def test_the_hash_changes_with_what_is_sent_and_not_with_comments(tmp_path: Path) -> None:
    first = read_prompt(write(tmp_path, MINE)).hash
    assert read_prompt(write(tmp_path, "# a comment\n" + MINE)).hash == first
    assert read_prompt(write(tmp_path, MINE.replace("One word.", "One word!"))).hash != first


def test_every_built_in_prompt_is_valid_and_compiles_for_every_method() -> None:
    library = PromptLibrary()
    assert {"agent", "compare", "describe", "diagnosis", "generic", "infection", "location"} <= {p.id for p in library}
    for prompt in library:
        for kind in get_args(InstructionKind):
            template = compile_prompt(prompt.file, kind)
            to_fill = prompt.file.variables.keys() - prompt.file.defaults.keys()
            assert set(template.input_variables) == to_fill, (prompt.id, kind)
        for layout in prompt.file.exemplar:
            used = set(compile_exemplar(prompt.file, layout).input_variables)
            assert used <= set(EXEMPLAR_VARIABLES)
            assert ("image" in used) == (layout != "labels"), (prompt.id, layout)


@pytest.mark.parametrize("prompt_id", ["location", "diagnosis", "infection", "generic"])
def test_labelled_prompts_differ_between_methods_by_their_instruction_alone(prompt_id: str) -> None:
    file = PromptLibrary().get(prompt_id).file
    texts = {}
    for kind in ("zero-shot", "random", "rag"):
        values = dict.fromkeys(file.variables, "V")
        texts[kind] = compile_prompt(file, kind).format_messages(**values)[0].text
    assert len(set(texts.values())) == 3
    for kind in ("random", "rag"):
        instruction = file.instruction(kind).strip()
        assert texts[kind].replace(instruction, "").replace("\n\n\n\n", "\n\n") == texts["zero-shot"]


def test_the_location_prompt_describes_all_39_labels_of_dermavqa(dermavqa_labels: tuple[str, ...]) -> None:
    descriptions = PromptLibrary().get("location").file.label_descriptions
    assert len(dermavqa_labels) == 39
    assert not set(dermavqa_labels) - set(descriptions)


def test_values_are_never_expanded_again() -> None:
    file = PromptLibrary().get("generic").file
    values = dict.fromkeys(file.variables, "{labels} {{x}}")
    assert "{labels} {{x}}" in compile_prompt(file).format_messages(**values)[0].text


def test_the_template_can_be_taken_into_a_chain_of_ones_own() -> None:
    file = PromptLibrary().get("generic").file
    template = compile_prompt(file, "rag", detail="low")
    messages = template.invoke(
        {
            "question": "Q?",
            "labels": "- a",
            "note": "",
            "image": "data:image/jpeg;base64,AAAA",
            "exemplars": [HumanMessage("E")],
        }
    ).to_messages()
    assert [message.type for message in messages] == ["system", "human", "human"]
    assert messages[1].content == "E"
    assert messages[2].content[0]["image_url"] == {"url": "data:image/jpeg;base64,AAAA", "detail": "low"}


def test_an_unknown_layout_lists_those_there_are() -> None:
    library = PromptLibrary()
    with pytest.raises(PromptError, match="no layout 'table'; it has: single, pairs"):
        compile_exemplar(library.get("location").file, "table")
    with pytest.raises(PromptError, match="takes no examples"):
        compile_exemplar(library.get("describe").file)


def test_a_long_id_is_told_in_a_short_line(tmp_path):
    text = (ROOT / "prompts/describe.yaml").read_text(encoding="utf-8")
    (tmp_path / "long.yaml").write_text(text.replace("id: describe", "id: " + "d" * 9000), encoding="utf-8")
    with pytest.raises(PromptError) as caught:
        read_prompt(tmp_path / "long.yaml")
    assert "and file name 'long.yaml' differ" in str(caught.value)
    assert len(str(caught.value)) < 1000

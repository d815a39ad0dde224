from __future__ import annotations

import json
import shutil

import pytest

from dermtools.evaluation import (
    Arm,
    OutsidePredictions,
    Repetition,
    Run,
    RunError,
    evaluate,
    outside_arm,
    perform,
    prompted_arms,
    repetition,
)
from dermtools.methods import method
from dermtools.prompting import PictureBudget, PromptLibrary, chat_model
from dermtools.retrieval import CaseBase
from tests.support.openai_service import serving

TASK = "location"
CHOICES = {"attributes": [], "budget": PictureBudget(max_side=96), "where": "fitzpatrick >= 1"}


@pytest.fixture
def case_base(sample_base, tmp_path):
    """A copy that may be changed."""
    return CaseBase.open(shutil.copytree(sample_base.path, tmp_path / "base"))


def _again(run, case_base, out):
    again = repetition(run, case_base)
    assert isinstance(again, Repetition)
    return again, perform(again.spec, again.arms, lambda case_id: case_base.query(case_id=case_id), out)


def test_a_run_is_repeated_request_by_request_from_its_folder(case_base, tmp_path):
    asked = []
    (tmp_path / "mine").mkdir()
    text = (PromptLibrary().get(TASK)).path.read_text().replace("id: location", "id: mine")
    (tmp_path / "mine" / "mine.yaml").write_text(text)
    with serving(lambda path, picture: asked.append(picture) or "hand") as service:
        options = {"base_url": service.url(), "max_output_tokens": 50, "temperature": 0.5, "top_p": 0.9}
        chat = chat_model("openai:gpt-4.1", **options)
        own = {"model": chat, "prompt": "mine", "prompts": [tmp_path / "mine"], "priced_as": "openai:gpt-4.1"}
        arms = [
            method("knn-vote-3", case_base, TASK, max_per_group=1),
            method("random-2", case_base, TASK, seed=5, **CHOICES, **own),
            method("rag-2", case_base, TASK, order="nearest-first", **CHOICES, **own),
        ]
        run = evaluate(case_base, TASK, arms, tmp_path / "run", limit=3, concurrency=1).run
        (tmp_path / "mine" / "mine.yaml").unlink()
        first, asked[:] = list(asked), []
        again, done = _again(Run.open(run.path), case_base, tmp_path / "again")
    assert again.differences == ()
    assert sorted(asked) == sorted(first)
    assert done.run.spec.arms == run.spec.arms
    for one, other in zip(run.records(), done.run.records(), strict=True):
        assert (one.key, one.prediction) == (other.key, other.prediction)


def test_a_run_keeps_what_it_asked_with(case_base, tmp_path):
    with serving(lambda path, picture: "hand") as service:
        chat = chat_model("openai:gpt-4.1", base_url=service.url())
        arm = prompted_arms(case_base, TASK, chat, "openai:gpt-4.1")({"shots": 0})
        evaluate(case_base, TASK, [arm], tmp_path / "run", limit=1)
    prompt = PromptLibrary().get(TASK)
    (folder,) = (tmp_path / "run" / "prompts").iterdir()
    assert prompt.hash.startswith(folder.name)
    assert "label_descriptions:" in (folder / "location.yaml").read_text()
    schema = json.loads((folder / "location.schema.json").read_text())
    assert schema["properties"]["label"]["enum"] == list(case_base.task(TASK).labels)


def test_what_is_not_as_it_was_is_told(case_base, tmp_path):
    run = evaluate(case_base, TASK, [method("majority", case_base, TASK)], tmp_path / "run").run
    gone = run.spec.targets[0].case_id
    case_base.delete([gone])
    described = json.loads((run.path / "run.json").read_text())
    described["versions"]["numpy"] = "1.0"
    (run.path / "run.json").write_text(json.dumps(described))
    again = repetition(Run.open(run.path), case_base)
    said = [one.sentence("then", "now") for one in again.differences]
    assert f"cases: {len(run.spec.targets)} then, {len(run.spec.targets) - 1} now" in said
    assert any(line.startswith("case base: version: ") for line in said)
    assert any(line.startswith("numpy: 1.0 then, ") for line in said)
    assert gone not in [target.case_id for target in again.spec.targets]


def test_a_relabelled_case_is_told(case_base, tmp_path):
    run = evaluate(case_base, TASK, [method("majority", case_base, TASK)], tmp_path / "run").run
    described = json.loads((run.path / "run.json").read_text())
    described["targets"][0]["truth"] = ["elsewhere"]
    (run.path / "run.json").write_text(json.dumps(described))
    first = repetition(Run.open(run.path), case_base).differences[0]
    assert first.what == f"truth of 1 cases, the first {described['targets'][0]['case_id']}"


def test_predictions_made_elsewhere_are_taken_from_the_run_itself(case_base, tmp_path):
    columns, file = case_base.columns, tmp_path / "theirs.csv"
    ids = [case_id for case_id, split in zip(columns.case_ids, columns.splits, strict=True) if split == "test"][:3]
    file.write_text("id,prediction\n" + "".join(f"{case_id},hand\n" for case_id in ids))
    truths = dict(zip(columns.case_ids, columns.labels[TASK], strict=True))
    theirs = OutsidePredictions(file, TASK, case_base.task(TASK).labels, truths, name="theirs")
    run = evaluate(case_base, TASK, [outside_arm(theirs)], tmp_path / "run").run
    file.unlink()
    again, done = _again(Run.open(run.path), case_base, tmp_path / "again")
    assert again.differences == ()
    assert [record.prediction for record in done.run.records()] == [record.prediction for record in run.records()]


def test_an_arm_of_python_alone_is_refused_in_a_line(case_base, tmp_path, scripted):
    own = Arm("mine", scripted(dict.fromkeys(case_base.columns.case_ids, "hand"), name="my method"))
    run = evaluate(case_base, TASK, [own], tmp_path / "run", limit=1).run
    with pytest.raises(RunError, match="mine was made by a program or taken from a file"):
        repetition(run, case_base)


def test_a_run_of_an_earlier_version_is_repeated_as_far_as_it_says(tmp_path):
    from tests.compatibility.make import MADE

    made = shutil.copytree(MADE, tmp_path / "made")
    run, case_base = Run.open(made / "run"), CaseBase.open(made / "case-base")
    spec = run.spec.model_copy(
        update={"arms": {arm: run.spec.arms[arm] for arm in ("majority", "knn-vote-3", "adapter")}}
    )
    _, done = _again(Run(run.path, spec), case_base, tmp_path / "again")
    assert [one.key for one in done.run.records()] == [one.key for one in run.records() if one.arm in spec.arms]
    with pytest.raises(RunError, match="does not say which provider"):
        repetition(
            Run(run.path, spec.model_copy(update={"arms": {"rag": {"method": "rag-2", "model": "one"}}})), case_base
        )

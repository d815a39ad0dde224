"""`study` as it is typed, against a loopback service, and the same study once more."""

from __future__ import annotations

import json
from pathlib import Path

from dermtools.prompting import PromptLibrary
from tests.support.command_line import Run
from tests.support.openai_service import serving


def test_a_study_prints_its_table_and_one_verdict_and_writes_a_page(
    run: Run, sample_base: Path, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    text = PromptLibrary().get("location").path.read_text(encoding="utf-8")
    (tmp_path / "mine" / "location.yaml").write_text(text.replace("version: 1", "version: 7"), encoding="utf-8")
    out = tmp_path / "run"
    options = ["--task", "location", "--out", out, "--model", "openai:gpt-4.1", "--limit", 4, "--yes"]
    options += ["--vary", "shots=0,1,2", "--prompts", tmp_path / "mine", "--split", "valid", "--rule", "single"]
    with serving(lambda path, picture: "hand") as service:
        done = run("study", sample_base, *options, "--base-url", service.url())
        assert done.code == 0, done.err
        again = run("rerun", out, "--yes", "--json")
        assert service.calls.total() == 24
    said = " ".join(done.out.split())
    assert "shots right accuracy 95 % cost" in said
    assert said.count("shots from 0 to 2: undecided") == 1
    assert "The comparison of the study is a sign-flip test over groups, such as patients" in said
    described = json.loads((out / "run.json").read_text())
    assert {facts["prompt_version"] for facts in described["arms"].values()} == {7}
    assert (described["split"], described["rule"]) == ("valid", "single")
    assert "<svg" in (out / "study.html").read_text()
    repeated = json.loads(again.out)
    assert [one["values"] for one in repeated["effects"]] == [[0, 1, 2]]
    assert repeated["differences"] == []

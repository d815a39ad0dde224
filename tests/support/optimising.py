"""Validation patients enough to optimise on, and a service that is right only where the prompt says a certain word."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from dermtools.cases.sources.sample import load_sample
from dermtools.retrieval import CaseBase
from tests.support.openai_replies import Answer, Reply, Say
from tests.support.openai_requests import OpenAISchemas
from tests.support.openai_server import OpenAIServer, Request

WORD = "creases"
BETTER = (
    f"Look at the {WORD} first. {{question}}\n\nClasses:\n{{labels}}\n\n{{instruction}}\n\nAnswer with one class name."
)


@pytest.fixture(scope="session")
def valid_base(tmp_path_factory: pytest.TempPathFactory) -> CaseBase:
    """Two cases of each of 18 patients: 12 of validation, 3 of train, 3 of test. Not to be changed by a test."""
    sample = load_sample(patients=18)
    patients = list(dict.fromkeys(one.case.group_id for one in sample.cases))
    splits = {patient: "valid" if n < 12 else "train" if n < 15 else "test" for n, patient in enumerate(patients)}
    kept = [
        replace(one, case=one.case.model_copy(update={"split": splits[patient]}))
        for patient in patients
        for one in [case for case in sample.cases if case.case.group_id == patient][:2]
    ]
    case_base = CaseBase.create(tmp_path_factory.mktemp("optimising") / "base", embedder="descriptor")
    case_base.add(replace(sample, cases=tuple(kept)))
    return case_base


@dataclass
class Service:
    """What was asked of it, and what it proposes."""

    truth: dict[str, tuple[str, str]]
    """Digest of a picture as it is sent, to its case and a true label."""
    proposals: list[str] = field(default_factory=list)
    """Texts of the reflecting model in turn; the last one for ever."""
    url: str = ""
    server: OpenAIServer | None = None
    before: Callable[[], None] = lambda: None
    """Called with every request."""
    failing: Reply | None = None
    """The answer to everything."""
    knows: Callable[[str], bool] = lambda case_id: True
    """Which cases it is right about, where the prompt says the word."""

    @property
    def requests(self) -> list[Request]:
        assert self.server is not None
        return self.server.requests

    @property
    def reflections(self) -> list[str]:
        return [str(one.messages[-1]["content"]) for one in self.requests if "mini" in one.body["model"]]

    @property
    def seen(self) -> set[str]:
        """Cases whose pictures it was sent."""
        return {self.truth[_digest(picture)][0] for one in self.requests for picture in one.pictures}

    @property
    def asked(self) -> list[tuple[str, str]]:
        """System message and case of every question about a picture."""
        questions = [one for one in self.requests if one.pictures]
        return [(str(one.messages[0]["content"]), self.truth[_digest(one.pictures[-1])][0]) for one in questions]

    def __call__(self, api: str, body: dict[str, Any]) -> Reply:
        self.before()
        if self.failing is not None:
            return self.failing
        if "mini" in body["model"]:
            return Say(f"```\n{self.proposals.pop(0) if len(self.proposals) > 1 else self.proposals[0]}\n```")
        asked = Request(api, body, {}).pictures[-1]
        told = json.dumps(body["messages"][0])
        case_id, label = self.truth[_digest(asked)]
        return Answer(label if WORD in told and self.knows(case_id) else "tongue")


def _digest(picture: bytes) -> str:
    return hashlib.sha256(picture).hexdigest()


@pytest.fixture(scope="session")
def truth(valid_base: CaseBase) -> dict[str, tuple[str, str]]:
    """Digest of every picture as it is sent, to its case and a true label."""
    # Here: they load LangChain, and every test process loads this module.
    from dermtools.prompting import PromptLibrary, prompt_for
    from tests.support.chains import sent_pictures

    builder = prompt_for("zero-shot", case_base=valid_base, task="location", prompt=PromptLibrary().get("generic"))
    found = {}
    columns = valid_base.columns
    for row, case_id in enumerate(columns.case_ids):
        picture = sent_pictures(builder.build(valid_base.query(case_id=case_id)).messages)[-1]
        found[_digest(picture)] = (case_id, columns.labels["location"][row][0])
    return found


@pytest.fixture
def proposing(schemas: OpenAISchemas, truth: dict[str, tuple[str, str]]) -> Iterator[Service]:
    """Its first proposal is the better text."""
    made = Service(truth, [BETTER])
    with OpenAIServer(schemas, made) as server:
        made.server, made.url = server, server.url
        yield made

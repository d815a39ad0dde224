"""What is open, and where pictures would go before one is brought."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.synthetic import random_case_base
from dermtools.adapter import LinearProbeConfig, save_classifier, train
from dermtools.app.actions.overview import NoArguments, embedded_at, overview
from dermtools.app.session import AppSession
from dermtools.cases.sources.sample import load_sample
from dermtools.errors import EmbeddingError
from dermtools.progress import Silent
from dermtools.retrieval import CaseBase
from tests.support.embedding_endpoint import EndpointServer
from tests.support.loopback import running


class Untold(Silent):
    def event(self, data: dict[str, object]) -> None:
        pass


def test_nothing_is_open_on_first_use() -> None:
    assert overview(AppSession(), NoArguments(), Untold())["case_base"] is None


def test_a_case_base_whose_embedder_is_gone_is_shown_all_the_same(tmp_path: Path) -> None:
    random_case_base(tmp_path / "casebase", cases=6, dimension=8)
    session = AppSession(CaseBase.open(tmp_path / "casebase"))
    with pytest.raises(EmbeddingError, match="unknown embedder"):
        embedded_at(session, NoArguments(), Untold())
    facts = overview(session, NoArguments(), Untold())["case_base"]
    assert (facts["cases"], facts["reads_text"]) == (6, False)


def test_the_views_begin_with_a_task_that_a_classifier_was_trained_for(tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "casebase", embedder="descriptor")
    case_base.add(load_sample(patients=18))
    first, second = (task.name for task in case_base.tasks)
    session = AppSession(case_base)
    assert overview(session, NoArguments(), Untold())["case_base"]["usual_task"] == first
    save_classifier(case_base.path, train(case_base.store, second, LinearProbeConfig()))
    assert overview(session, NoArguments(), Untold())["case_base"]["usual_task"] == second


def test_an_encoder_of_this_machine_has_no_receiver(case_base: CaseBase) -> None:
    assert embedded_at(AppSession(case_base), NoArguments(), Untold()) == {"receiver": None}


def test_the_host_of_an_endpoint_is_named_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MI2_API_KEY", "secret")
    server = EndpointServer()
    with running(server):
        case_base = CaseBase.create(tmp_path / "casebase", embedder=f"medimageinsight:{server.url}")
        asked = len(server.bodies)
        told = embedded_at(AppSession(CaseBase.open(case_base.path)), NoArguments(), Untold())
        assert told == {"receiver": f"127.0.0.1:{server.server_address[1]}"}
        assert len(server.bodies) == asked

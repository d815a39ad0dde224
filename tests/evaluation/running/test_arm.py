"""Prompted methods over the wire: priced, recorded, and the published table from scripted replies."""

from __future__ import annotations

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from dermtools.cases import Case, CaseStore, StoredCase, Task
from dermtools.embedding import EmbedderIdentity
from dermtools.evaluation import Arm, RunError, evaluate, prompted_arm
from dermtools.evaluation.reporting.tables import rows
from dermtools.images import content_hash, data_url, encode_jpeg
from dermtools.methods import method
from dermtools.prompting import PromptedMethod, chain_for, chat_model
from dermtools.retrieval import CaseBase
from tests.support.openai_service import serving

LABELS = ("back", "hand", "neck")
TESTS, TRAIN = 52, 30


@pytest.fixture(scope="module")
def case_base(tmp_path_factory):
    """Test cases labelled `back`, two a group, and some training cases; vectors and pictures at random."""
    from PIL import Image

    random = np.random.default_rng(0)
    identity = EmbedderIdentity(name="random", revision="0", preprocessing="none", dimension=8, normalized=False)
    path = tmp_path_factory.mktemp("prompted") / "base"
    task = Task(name="location", question="Which body site is shown?", labels=LABELS)
    store = CaseStore.create(path, embedder_spec="random", identity=identity, tasks=(task,))
    cases = []
    for number in range(TESTS + TRAIN):
        jpeg = encode_jpeg(Image.fromarray(random.integers(0, 255, (16, 16, 3), dtype=np.uint8)))
        train = number >= TESTS
        case = Case(
            case_id=f"case-{number:03}",
            group_id=f"group-{number // 2:03}",
            split="train" if train else "test",
            labels={"location": (LABELS[number % 3] if train else "back",)},
        )
        vector = random.standard_normal(8).astype(np.float32)
        cases.append(StoredCase(case, content_hash(jpeg), vector, jpeg, 16, 16))
    store.add(cases)
    return CaseBase.open(path)


@pytest.fixture
def asked(case_base):
    """Make the arm of a method that asks the service below a path."""

    def make(service, path, name, model="openai:gpt-4.1"):
        chat = chat_model(model, base_url=service.url(path), max_output_tokens=32, timeout=120)
        return prompted_arm(PromptedMethod(chain_for(name, model=chat, case_base=case_base, task="location")), model)

    return make


def _scripts(case_base, counts):
    """Path and picture to a label, so that exactly `counts[path]` of the test cases come out right."""
    number = {data_url(case_base.jpeg(f"case-{n:03}")): n for n in range(TESTS)}
    order = {path: np.random.default_rng(len(path)).permutation(TESTS).argsort() for path in counts}
    return lambda path, picture: "back" if order[path][number[picture]] < counts[path] else "hand"


def test_replies_scripted_over_the_wire_end_in_the_table(case_base, asked, scripted, tmp_path):
    """A sixth of the published cases; `reporting/test_results.py` has the published table to the digit."""
    counts = {"/gpt-4o": 24, "/gpt-4.1": 26, "/random-5": 25, "/rag-5": 27}
    hits = set(np.random.default_rng(9).permutation(TESTS)[:5].tolist())
    adapter = scripted({f"case-{n:03}": "back" if n in hits else "hand" for n in range(TESTS)})
    with serving(_scripts(case_base, counts)) as service:
        arms = [
            Arm("adapter", adapter),
            asked(service, "/gpt-4o", "zero-shot", "openai:gpt-4o"),
            asked(service, "/gpt-4.1", "zero-shot"),
            asked(service, "/random-5", "random-5"),
            asked(service, "/rag-5", "rag-5"),
        ]
        found = evaluate(case_base, "location", arms, tmp_path / "run", concurrency=8).results
        assert service.calls == dict.fromkeys(counts, TESTS)
    head, *body = rows(found)
    column = {name: [row[head.index(name)] for row in body] for name in ("right", "accuracy", "95 %")}
    assert column["right"] == [f"{count} of 52" for count in (5, *counts.values())]
    assert column["accuracy"] == ["9.62 %", "46.15 %", "50.00 %", "48.08 %", "51.92 %"]
    for count, interval in zip((5, *counts.values()), column["95 %"], strict=True):
        low, high = (100 * side for side in proportion_confint(count, TESTS, method="beta"))
        assert float(interval.split()[0]) < low < high < float(interval.split()[2])  # wider: two cases a patient
    assert [found.against_best(arm) for arm in found.run.arms] == [
        "worse",
        "undecided",
        "undecided",
        "undecided",
        "best",
    ]
    assert all(summary.usage.price_usd > 0 for summary in found.summaries[1:])
    assert found.run.arms["rag-5 · openai:gpt-4.1"]["prompt_hash"]


def test_an_arm_is_the_same_from_a_chain_and_from_the_registry(case_base):
    with serving(lambda path, picture: "back") as service:
        chat = chat_model("openai:gpt-4.1", base_url=service.url(), max_output_tokens=32, timeout=120)
        chain = chain_for("rag-5", model=chat, case_base=case_base, task="location")
    arm = prompted_arm(PromptedMethod(chain), "openai:my-name", name="rag-5")
    made = Arm.of(method("rag-5", case_base, "location", model=chat, priced_as="openai:my-name"))
    assert (made.name, made.remote, made.facts) == (arm.name, arm.remote, arm.facts)
    assert (made.facts["model"], made.facts["max_output_tokens"]) == ("openai:my-name", 32)


def test_the_plan_prices_a_call_before_it_and_the_ceiling_is_above_what_it_cost(case_base, asked):
    with serving(lambda path, picture: "back") as service:
        arm = asked(service, "", "rag-5")
        query = case_base.query(case_id="case-000")
        estimate = arm.estimate(query)
        assert not service.calls
        paid = arm.price(arm.method.predict(query).usage)
    assert 0 < estimate.price_usd < estimate.ceiling_usd
    assert 0 < paid < estimate.ceiling_usd


def test_a_run_stops_before_its_limit(case_base, asked, tmp_path):
    with serving(lambda path, picture: "back") as service:
        done = evaluate(case_base, "location", [asked(service, "", "zero-shot")], tmp_path / "run", max_cost=0.02)
        assert 0 < service.calls[""] < TESTS
    assert done.asked.out_of_budget
    (summary,) = done.results.summaries
    assert 0 < summary.usage.price_usd <= 0.02
    assert not summary.complete


def test_a_model_of_unknown_price_is_not_asked_without_a_yes(case_base, asked, tmp_path):
    with serving(lambda path, picture: "back") as service:
        arm = asked(service, "", "zero-shot", "openai:my-own-model")
        with pytest.raises(RunError, match="price of zero-shot · openai:my-own-model is unknown"):
            evaluate(case_base, "location", [arm], tmp_path / "run", limit=3)
        assert not service.calls
        done = evaluate(case_base, "location", [arm], tmp_path / "run", limit=3, accept_unknown_price=True)
    assert done.results.summaries[0].n == 3
    assert done.results.summaries[0].usage.unpriced == 3

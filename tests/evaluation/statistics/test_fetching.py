"""Whether an agent's fetching was worth it: how often, against what, on which cases, and what cannot be said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from dermtools.evaluation.scoring import Scored, Target
from dermtools.evaluation.statistics.comparisons import Verdict
from dermtools.evaluation.statistics.fetching import ON_ALL, WHERE_FETCHED, WHERE_NOT, Fetching, fetching
from dermtools.prediction import Outcome, Prediction, Trail

N = 60
EVERY = range(N)


def scored(name: str, right: Sequence[int], fetched: Sequence[int] | None = None) -> Scored:
    """Sixty patients with a case of truth `a` each, right in these; `fetched` is None for what is no agent."""

    def trail(case: int) -> Trail | None:
        if fetched is None:
            return None
        did = case in fetched
        return Trail(fetched=did, calls={"search_similar_cases": 2} if did else {}, pictures=5 * did)

    answers = (Prediction(method=name, task="t", label="a" if n in right else "b", trail=trail(n)) for n in EVERY)
    return Scored(name, tuple(Target(str(n), str(n), ("a",)) for n in EVERY), tuple(answers))


def found(*arms: Scored, margin: float | None = None, **changed: dict[str, str]) -> dict[str, Fetching]:
    """By arm; every arm is called as its method, and of one model."""
    facts = {one.name: {"method": one.name, "model": "m"} | changed.get(one.name, {}) for one in arms}
    return {one.arm: one for one in fetching(arms, facts, margin=margin)}


NEVER = scored("agent-never", range(20), ())
ALWAYS = scored("agent-always", range(10, 50), EVERY)


def test_it_counts_how_often_cases_were_fetched_and_what_that_took() -> None:
    one = found(scored("agent", range(30), range(15)))["agent"]
    assert (one.fetched.count, one.fetched.n, one.fetched.share) == (15, 60, 0.25)
    assert one.fetched.interval is not None
    assert 0.25 in one.fetched.interval
    assert (one.calls, one.pictures) == ({"search_similar_cases": 0.5}, 1.25)
    assert one.lines[0].startswith("agent fetched in 15 of 60 cases (25.0 %, 95 %: ")


@pytest.mark.parametrize(
    ("right", "margin", "says"),
    [
        (45, None, "Fetching was worth it for agent-always: agent-always is better than agent-never: +41.7 points"),
        (0, None, "Fetching did harm to agent-always: agent-always is worse than agent-never: -33.3 points"),
        (20, 0.2, "Fetching made no odds to agent-always: agent-always and agent-never are equivalent: +0.0 points"),
        (22, None, "Whether fetching was worth it for agent-always is undecided: agent-always against agent-never: +3"),
    ],
)
def test_it_says_whether_fetching_was_worth_it(right: int, margin: float | None, says: str) -> None:
    always = scored("agent-always", range(right), EVERY)
    one = found(NEVER, always, margin=margin)["agent-always"]
    assert one.lines[1].startswith(says)
    assert list(one.against) == [ON_ALL]


def test_an_agent_that_decides_is_compared_where_it_fetched_and_where_it_did_not() -> None:
    # It fetches for cases 20 to 39, of which the arm that never does has none right; of the others it has 0 to 19.
    one = found(NEVER, ALWAYS, scored("agent-when-unsure", range(40), range(20, 40)))["agent-when-unsure"]
    told = {what: (pair.second, pair.n, pair.difference) for what, pair in one.against.items()}
    assert told == {
        ON_ALL: ("agent-never", 60, pytest.approx(20 / 60)),
        WHERE_FETCHED: ("agent-never", 20, 1.0),
        WHERE_NOT: ("agent-always", 40, pytest.approx((20 - 20) / 40)),
    }
    assert one.against[WHERE_FETCHED].verdict is Verdict.BETTER
    assert one.lines[2].startswith("where it fetched: agent-when-unsure is better than agent-never: +100.0 points")
    assert one.lines[3].startswith("where it did not: agent-when-unsure against agent-always is undecided: +0.0")


def test_all_its_comparisons_are_one_family() -> None:
    decides = scored("agent-when-unsure", range(40), range(20, 40))
    of = found(NEVER, ALWAYS, decides)
    pairs = [pair for one in of.values() for pair in one.against.values()]
    assert {one.family for one in of.values()} == {len(pairs)} == {4}
    assert of["agent-never"].against == {}
    alone = found(NEVER, ALWAYS)["agent-always"].against[ON_ALL]
    assert of["agent-always"].against[ON_ALL].adjusted_p > alone.adjusted_p


def test_without_an_arm_that_never_fetches_it_is_the_model_alone_or_told_what_to_add() -> None:
    agent = scored("agent", range(40), range(20))
    assert found(agent, scored("zero-shot", range(20)))["agent"].without == "zero-shot"
    assert found(agent, scored("zero-shot", range(20)), NEVER)["agent"].without == "agent-never"
    assert found(agent)["agent"].lines[1:] == [
        "Whether that was worth it cannot be said: add agent-never to the methods"
    ]


def test_an_arm_of_another_model_is_no_control() -> None:
    one = found(NEVER, ALWAYS, **{"agent-never": {"model": "other"}})["agent-always"]
    assert (one.without, one.against) == (None, {})


def test_of_several_controls_it_is_the_one_of_the_same_prompt() -> None:
    arms = [scored(name, range(20), ()) for name in ("never 1", "never 2")]
    prompts = {arm.name: {"method": "agent-never", "prompt_hash": arm.name} for arm in arms}
    one = found(*arms, ALWAYS, **prompts, **{"agent-always": {"prompt_hash": "never 2"}})["agent-always"]
    assert one.without == "never 2"


def test_one_that_fetched_nowhere_is_compared_with_the_one_that_always_does() -> None:
    one = found(NEVER, ALWAYS, scored("agent", range(20), ()))["agent"]
    assert {what: pair.second for what, pair in one.against.items()} == {WHERE_NOT: "agent-always"}


def test_failed_calls_do_not_say_whether_they_fetched() -> None:
    whole = scored("agent", EVERY, range(30))
    failed = Prediction(method="agent", task="t", outcome=Outcome.ERROR, reason="HTTP 500")
    half = Scored("agent", whole.targets, (failed,) * 30 + whole.predictions[30:])
    one = found(half, NEVER)["agent"]
    assert (one.fetched.count, one.fetched.n) == (0, 30)


def test_methods_that_are_no_agents_have_no_say() -> None:
    assert found(scored("rag-5", range(30)), scored("zero-shot", range(30))) == {}

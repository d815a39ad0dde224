from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.plan import Budget, make_plan
from dermtools.evaluation.running.records import RunError
from dermtools.evaluation.scoring import Target

IDS = [Target(f"case-{n:03}", "group", ("back",)) for n in range(50)]


def test_a_plan_says_calls_tokens_and_price_before_anything_is_sent(scripted, query):
    method = scripted({})
    arms = [Arm("rag", method, remote=True), Arm("vote", scripted({}))]
    plan = make_plan(arms, {"rag": IDS, "vote": IDS[:10]}, {"rag": 60, "vote": 60}, query, max_cost=2.0, spent_usd=0.25)
    assert plan.lines() == [
        "rag: 50 calls, about 5,000 tokens in, 200 out, about $0.50 (10 answered already)",
        "vote: 10 cases, computed here (50 answered already)",
        "50 calls, about $0.50; $0.25 spent already; stops before $2.00 would be passed",
    ]
    assert method.asked == []


def test_an_unknown_price_needs_an_explicit_yes(scripted, query):
    plan = make_plan(
        [Arm("local server", scripted({}, usd=None), remote=True)], {"local server": IDS}, {"local server": 50}, query
    )
    with pytest.raises(RunError, match=r"price of local server is unknown \(50 calls\)"):
        plan.check(accept_unknown_price=False)
    plan.check(accept_unknown_price=True)
    assert "whose price is unknown" in plan.lines()[-1]


def test_a_method_that_cannot_estimate_has_an_unknown_price(query):
    class Bare:
        name, task = "agent", "location"

        def predict(self, query):
            raise AssertionError("a plan must not send anything")

        predict_many = predict

    plan = make_plan([Arm("agent", Bare(), remote=True)], {"agent": IDS}, {"agent": 50}, query)
    assert plan.unpriced == ["agent"]


def test_nothing_left_to_ask_costs_nothing(scripted, query):
    plan = make_plan([Arm("rag", scripted({}, usd=None), remote=True)], {"rag": []}, {"rag": 50}, query)
    plan.check(accept_unknown_price=False)
    assert (plan.calls, plan.price_usd) == (0, 0.0)


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), max_size=30), st.floats(0, 5))
@settings(deadline=None, max_examples=100)
def test_a_budget_is_never_passed(calls, limit):
    budget = Budget(limit)
    for most, share in calls:
        if budget.reserve(most):
            budget.settle(most, most * share)
    assert budget.spent_usd <= limit


def test_a_call_waits_for_those_on_their_way_that_may_turn_out_cheaper():
    budget = Budget(1.0)
    assert budget.reserve(0.8)
    got = []
    waiting = threading.Thread(target=lambda: got.append(budget.reserve(0.8)))
    waiting.start()
    waiting.join(0.05)
    assert waiting.is_alive()
    budget.settle(0.8, 0.1)
    waiting.join(60)
    assert got == [True]


def test_a_call_that_cannot_fit_is_refused_at_once():
    assert not Budget(1.0, spent_usd=0.5).reserve(0.6)

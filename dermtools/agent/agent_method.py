"""The agent as a method: the protocol that evaluation and fusion know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.agent.answer import AgentAnswer
from dermtools.agent.derm_agent import DermAgent
from dermtools.agent.factory import create_derm_agent
from dermtools.errors import ModelError, QueryError
from dermtools.handles import CASE_PREFIX
from dermtools.images.kinds import OnWriting
from dermtools.methods.family import MethodFamily
from dermtools.prediction import Exemplar, LocalMethod, Outcome, Prediction, Query, TokenUsage, Trail
from dermtools.prompting.asking.model_facts import model_facts
from dermtools.prompting.asking.models import model_name, model_provider
from dermtools.prompting.asking.service import left_out
from dermtools.prompting.cost.estimate import price_of
from dermtools.prompting.files.library import HASH_SHOWN, PromptLibrary
from dermtools.prompting.files.writing import prompt_yaml
from dermtools.tools import DermContext
from dermtools.tools.briefing import PROMPT

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.retrieval import CaseBase


class AgentMethod(LocalMethod):
    """Predicts by letting an agent look cases up as it sees fit, or by its policy. Implements `prediction.Method`.

    No tool shows the query's own group, by search, by id or otherwise.

    Its `name` is `agent`, or the id of the agent's policy; it is `remote`, so each prediction is priced.

    Args:
        agent: made with a `task`.
        where: condition on every case that its tools show; by default the train split where the case base has one.
        concurrency: questions at once in `predict_many`.

    Raises:
        QueryError: the agent has no task, or a bad `where`.
    """

    name = "agent"
    remote = True

    def __init__(self, agent: DermAgent, *, where: str | None = None, concurrency: int = 4) -> None:
        if agent.task is None:
            raise QueryError("the method agent needs a task; make the agent with create_derm_agent(..., task=...)")
        case_base = agent.workspace.case_base
        self.task = agent.task
        if agent.policy is not None:
            self.name = agent.policy.id
        self._question = case_base.task(agent.task).question
        if where is None and "train" in case_base.columns.splits:
            where = "split = 'train'"
        if where is not None:
            case_base.snapshot.matching(where)
        self._agent = agent
        self._where = where
        self._concurrency = concurrency

    @property
    def settings(self) -> dict[str, Any]:
        """What a record has to name, so that predictions can be repeated."""
        prompt, policy = self._agent.workspace.library.get(PROMPT), self._agent.policy
        return {
            "method": self.name,
            "task": self.task,
            "model": model_name(self._agent.model),
            **model_facts(self._agent.model),
            "left_out": left_out(self._agent.model),
            "prompt": prompt.id,
            "prompt_hash": prompt.hash,
            "where": self._where,
            "max_model_calls": self._agent.max_model_calls,
            "max_tool_calls": self._agent.max_tool_calls,
            "show_pictures": self._agent.show_pictures,
            **({} if policy is None else {"policy": policy.id, "policy_hash": policy.hash}),
        }

    @property
    def documents(self) -> dict[str, str]:
        """What a record keeps of its prompt and policy, path to text; one folder, from which a run is asked again."""
        prompt = self._agent.workspace.library.get(PROMPT)
        folder = f"prompts/{prompt.hash[:HASH_SHOWN]}"
        return {f"{folder}/{one.id}.yaml": prompt_yaml(one.file) for one in (prompt, self._agent.policy) if one}

    def repeated(self, over: str, number: int) -> AgentMethod | None:
        """The agent to be asked once more, over `calls` alone.

        Raises:
            QueryError: a cache would answer for its model.
        """
        if over == "calls" and getattr(self._agent.model, "cache", None):
            raise QueryError("a cache would answer the repeated calls of the agent; leave it out (--cache, cache=)")
        return self if over == "calls" else None

    def estimate(self, query: Query) -> None:
        """What one call will cost is not known beforehand: the agent decides how often it calls."""

    def price(self, usage: TokenUsage | None) -> float | None:
        """US dollars for tokens used, by list price; None where the model's price is unknown."""
        if usage is None:
            return None
        model = f"{model_provider(self._agent.model)}:{model_name(self._agent.model)}"
        return price_of(model, usage.input_tokens, usage.output_tokens, usage.cached_input_tokens)

    def predict(self, query: Query) -> Prediction:
        """One prediction; a failed call of the model has outcome `error`.

        Raises:
            ImageError: the query has no picture.
        """
        context = DermContext(hidden_groups=self._own_groups(query), where=self._where)
        held = context.images.add_query(query)
        try:
            answer = self._agent.ask(f"{self._question} The picture is {held.handle}.", [held.handle], context=context)
        except ModelError as error:
            return Prediction(method=self.name, task=self.task, outcome=Outcome.ERROR, reason=str(error))
        case_base = self._agent.workspace.case_base
        return Prediction(
            method=self.name,
            task=self.task,
            outcome=_outcome(answer),
            label=answer.label,
            exemplars=tuple(
                Exemplar(case_id=case.case_id, group_id=case.group_id, labels=case.labels.get(self.task, ()))
                for case in map(case_base.case, answer.cited)
            ),
            raw=answer.raw,
            usage=answer.usage if answer.usage.input_tokens else None,
            reason=answer.problem,
            trail=self._trail(answer),
        )

    def predict_many(self, queries: Sequence[Query]) -> list[Prediction]:
        """Predictions in the order of the queries, several questions at once."""
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="agent") as pool:
            return list(pool.map(self.predict, queries))

    def _trail(self, answer: AgentAnswer) -> Trail:
        shown = {handle for use in answer.tools for handle in use.pictures if handle.startswith(CASE_PREFIX)}
        return Trail(
            fetched=answer.looked_up,
            calls=dict(Counter(use.name for use in answer.tools)),
            pictures=len(shown) if self._agent.show_pictures else 0,
        )

    def _own_groups(self, query: Query) -> frozenset[str]:
        snapshot = self._agent.workspace.case_base.snapshot
        groups = {snapshot.columns.group_ids[row] for row in snapshot.guard.own_rows(query)}
        return frozenset(groups if query.group_id is None else {*groups, query.group_id})


def _outcome(answer: AgentAnswer) -> Outcome:
    if answer.label is not None:
        return Outcome.OK
    if answer.abstained:
        return Outcome.ABSTAINED
    return Outcome.TRUNCATED if answer.stopped else Outcome.INVALID


def _build(
    case_base: CaseBase,
    task: str,
    name: str,
    model: str | BaseChatModel,
    *,
    library: PromptLibrary | None = None,
    prompts: Sequence[str | Path] = (),
    where: str | None = None,
    concurrency: int = 4,
    max_model_calls: int = 12,
    max_tool_calls: int = 24,
    show_pictures: bool = True,
    check_text: OnWriting | None = None,
) -> AgentMethod:
    agent = create_derm_agent(
        model,
        case_base,
        task=task,
        library=library or PromptLibrary(*prompts),
        policy=None if name == AgentMethod.name else name.removeprefix(f"{AgentMethod.name}-"),
        max_model_calls=max_model_calls,
        max_tool_calls=max_tool_calls,
        show_pictures=show_pictures,
        check_text=check_text,
    )
    return AgentMethod(agent, where=where, concurrency=concurrency)


FAMILY = MethodFamily(AgentMethod.name, "agent", _build, needs_model=True, variants=True)
"""The registry's entry, through the entry-point group `dermtools.methods`."""

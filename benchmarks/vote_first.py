"""What a vote-first agent spares on real photographs, counted: docs/fetching.md has the figures.

An agent of the policy `agent-vote-first` that does as it is told asks the vote of the 15 nearest cases, and fetches
pictures where the first label has less than a share of the votes. How many cases that is depends on the vote alone, so
it is counted here without any model: pictures of cases that are fetched and spared, and their tokens by OpenAI's rule.
Then all that would be sent is counted, by a stand-in that calls the tools as the policies say and answers nothing: the
agent's own requests, with system prompt, tools, pictures and what the tools said. No accuracy of a model is claimed:
that of the vote is ours, by whether it was certain.

    python -m benchmarks.vote_first TABLE [--embedder SPEC] [--split test] [--price-as gpt-4.1]
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import Field

from dermtools import CaseBase, load_source, method
from dermtools.evaluation import share_interval
from dermtools.evaluation.reporting.tables import markdown, percent, span
from dermtools.images import jpeg_size
from dermtools.prediction import Query
from dermtools.prompting import PromptLibrary
from dermtools.prompting.cost.estimate import CHARACTERS_PER_TOKEN, estimate_prompt, image_rule

POLICIES = ("agent-always", "agent-vote-first")
VOTE = "knn-vote-15"
"""The one that the policy names."""
FETCHED = 5
"""Cases whose pictures a look-up shows: what the tool gives where nothing else is asked for."""
SHARES = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


def threshold() -> float:
    """The share of the votes that the policy states."""
    return float(PromptLibrary().get(POLICIES[1]).file.defaults["share"].removesuffix("%")) / 100


def print_votes(
    case_base: CaseBase, task: str, queries: Sequence[Query], truths: Sequence[tuple[str, ...]], price_as: str
) -> None:
    """A row for every share of the votes that might count as certain."""
    votes = method(VOTE, case_base, task).predict_many(queries)
    shares = np.array([vote.confidence or 0.0 for vote in votes])
    right = np.array([vote.label in truth for vote, truth in zip(votes, truths, strict=True)])
    groups = np.unique([query.group_id for query in queries], return_inverse=True)[1]
    nearest = [[one.case_id for one in vote.exemplars[:FETCHED]] for vote in votes]
    tokens = np.array([sum(_tokens(case_base, case_id, price_as) for case_id in ids) for ids in nearest])

    def accuracy(of: np.ndarray) -> str:
        if not of.any():
            return "no case"
        return f"{percent(float(right[of].mean()), 1)} ({span(share_interval(right[of], groups[of]))})"

    head = ["certain from", "certain", "fetched for", "pictures", "picture tokens", "spared"]
    rows = [[*head, "vote right where certain", "where not"]]
    for share in SHARES:
        unsure = shares < share
        rows.append(
            [
                f"{share:.0%}{' (the policy)' if np.isclose(share, threshold()) else ''}",
                f"{(~unsure).sum()} of {len(unsure)}",
                str(unsure.sum()),
                f"{FETCHED * unsure.sum():,} of {FETCHED * len(unsure):,}",
                f"{tokens[unsure].sum():,}",
                percent(1 - float(tokens[unsure].sum() / tokens.sum()), 0),
                accuracy(~unsure),
                accuracy(unsure),
            ]
        )
    every = np.ones(len(shares), dtype=bool)
    print(f"\n{task}: {len(queries)} cases of {groups.max() + 1} groups; {VOTE} is right in {accuracy(every)}\n")
    print(markdown(rows))


def _tokens(case_base: CaseBase, case_id: str, price_as: str) -> int:
    rule = image_rule(price_as)
    if rule is None:
        raise SystemExit(f"no rule is known for the tokens of a picture with {price_as}; name another --price-as")
    return rule.tokens(*jpeg_size(case_base.jpeg(case_id)), "auto")


class StandIn(BaseChatModel):
    """Calls tools as the policy in its system message says, names no class, and counts what it is sent."""

    task: str
    price_as: str
    sent: list[int] = Field(default_factory=list)
    """Input tokens of every request."""

    @property
    def _llm_type(self) -> str:
        return "stand-in"

    def bind_tools(self, tools: Sequence[Any], **_: Any) -> Runnable[Any, AIMessage]:
        return self.bind(tools=[convert_to_openai_tool(tool) for tool in tools])

    def _generate(self, messages: list[BaseMessage], *_: Any, tools: Sequence[Any] = (), **__: Any) -> ChatResult:
        known = estimate_prompt(messages, self.price_as).input_tokens
        assert known is not None
        self.sent.append(known + len(json.dumps(tools)) // CHARACTERS_PER_TOKEN)
        return ChatResult(generations=[ChatGeneration(message=self._reply(messages))])

    def _reply(self, messages: list[BaseMessage]) -> AIMessage:
        system = str(messages[0].text)
        said = "\n".join(str(message.text) for message in messages if message.type == "tool")
        image = re.findall(r"img_[0-9a-f]{16}", "\n".join(str(message.text) for message in messages))[0]
        share = re.search(rf"{VOTE}: .+?; probabilities: .+? ([\d.]+)%", said)
        certain = re.search(r"Where that share is (\d+) % or more", system)
        if certain is not None and share is None:
            return _call("classify_with_adapter", image=image, task=self.task, kind=VOTE)
        unsure = certain is None or share is None or float(share[1]) < float(certain[1])
        if unsure and "similar to the query" not in said:
            return _call("search_similar_cases", image=image, show_pictures=True)
        return _call("final_answer", reason="A stand-in.", label="cannot tell", confidence=0.0, case_ids=[])


def _call(name: str, **arguments: Any) -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call_{name}", "type": "tool_call"}])


def print_sent(case_base: CaseBase, task: str, queries: Sequence[Query], price_as: str) -> None:
    """A row a policy: what an agent that does as it is told would send."""
    rows = [["policy", "requests", "fetched for", "pictures of cases", "input tokens", "a case"]]
    for name in POLICIES:
        model = StandIn(task=task, price_as=price_as)
        found = method(name, case_base, task, model=model).predict_many(queries)
        trails = [prediction.trail for prediction in found if prediction.trail]
        fetched, pictures = sum(trail.fetched for trail in trails), sum(trail.pictures for trail in trails)
        total = sum(model.sent)
        rows.append(
            [name, f"{len(model.sent):,}", str(fetched), f"{pictures:,}", f"{total:,}", f"{total / len(queries):,.0f}"]
        )
    print(f"\n{task}: all that is sent, pictures and text, by the rules for {price_as}\n")
    print(markdown(rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table")
    parser.add_argument("--embedder", help="default: that of a new case base")
    parser.add_argument("--split", default="test")
    parser.add_argument("--price-as", default="gpt-4.1", help="whose rule counts the tokens of pictures")
    arguments = parser.parse_args()
    if not Path(arguments.table).is_file():
        print(f"skipped: no table at {arguments.table}; SOURCE.md of the data set says where it comes from")
        return
    with tempfile.TemporaryDirectory() as folder:
        case_base = CaseBase.create(Path(folder) / "casebase", embedder=arguments.embedder)
        case_base.add(load_source(arguments.table))
        print(f"{len(case_base)} cases, vectors of {case_base.identity.name}, split {arguments.split}")
        columns = case_base.columns
        for task in case_base.tasks:
            labels = columns.labels[task.name]
            rows = [row for row, split in enumerate(columns.splits) if split == arguments.split and labels[row]]
            queries = [case_base.query(case_id=columns.case_ids[row]) for row in rows]
            print_votes(case_base, task.name, queries, [labels[row] for row in rows], arguments.price_as)
            print_sent(case_base, task.name, queries, arguments.price_as)


if __name__ == "__main__":
    main()

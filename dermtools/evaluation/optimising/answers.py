"""What an optimisation was answered: kept on the disk call by call, paid for once, and within the ceiling."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from dermtools.evaluation.running.asking import ask
from dermtools.evaluation.running.plan import Budget
from dermtools.evaluation.running.records import Record, RecordLog, RunError
from dermtools.files import file_mode, make_folder, sweep, write_whole
from dermtools.prediction import Outcome, Prediction, Query
from dermtools.text import bounded

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from dermtools.evaluation.running.arm import Arm
    from dermtools.evaluation.scoring import Target
    from dermtools.prompting.asking.replies import Reply
    from dermtools.prompting.cost.estimate import PromptEstimate

REFLECTION = "reflection"
"""Arm of the records whose `raw` is a proposed text; their `label` is the place that it is for."""
SLACK = 2.0
"""A ceiling takes so many times the estimated input tokens of a reflection."""
UNLIMITED_OUTPUT = 8_192
"""Output tokens of a reflection that a ceiling assumes where the model sets no limit."""


class StoppedError(RunError):
    """Nothing more may be asked; the reason is the message."""


@contextmanager
def answers_in(path: Path, settings: Mapping[str, Any]) -> Iterator[RecordLog]:
    """The log of an optimisation in its folder, new or begun with the same settings, and nobody else's meanwhile.

    Raises:
        RunError: the folder holds something else, was begun with other settings, or is in use.
    """
    try:
        make_folder(path)
    except OSError as error:
        raise RunError(f"cannot make {path}: {error.strerror}") from error
    try:
        with FileLock(path / ".lock", timeout=0, mode=file_mode(path)):
            sweep(path)
            _check_settings(path, json.loads(json.dumps(settings)))
            with RecordLog(path / "answers.jsonl") as log:
                yield log
    except Timeout:
        raise RunError(f"another process is writing {path}; wait until it is done, or stop it") from None


def _check_settings(path: Path, settings: Mapping[str, Any]) -> None:
    file = path / "settings.json"
    if not file.exists():
        if any(not entry.name.startswith(".") for entry in path.iterdir()):
            raise RunError(f"{path} holds other files and is not an optimisation; move it, or choose another --out")
        write_whole(file, json.dumps(settings, indent=1, ensure_ascii=False) + "\n", within=path)
        return
    try:
        before = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise RunError(f"{file} cannot be read ({error}); move {path} away, or choose another --out") from error
    names = sorted({*before, *settings}) if isinstance(before, dict) else [file.name]
    if unlike := [name for name in names if not isinstance(before, dict) or before.get(name) != settings.get(name)]:
        raise RunError(f"{path} was begun with another {', '.join(unlike)}; choose another --out, or move it away")


class Answers:
    """Asks prompts about cases, and the reflecting model for texts; what the log holds is not asked again.

    Args:
        query: makes the query of a case id.
        reflecting, priced_as: the model that proposes texts, and its `provider:model` in the price list.
    """

    def __init__(
        self,
        log: RecordLog,
        budget: Budget,
        query: Callable[[str], Query],
        reflecting: BaseChatModel,
        priced_as: str,
        *,
        concurrency: int = 8,
    ) -> None:
        from dermtools.prompting.asking.asker import Asker

        self.log, self.budget = log, budget
        self._query, self._concurrency, self._priced_as = query, concurrency, priced_as
        self._asker = Asker(reflecting, {}, None)
        self._asked: Counter[str] = Counter()

    def held(self) -> dict[tuple[str, str], Record]:
        """Every answer by arm and case; a call that failed is none, and is made again."""
        return {record.key: record for record in self.log.records if not record.failed}

    def of(self, arms: Sequence[Arm], targets: Sequence[Target]) -> dict[str, dict[str, Record]]:
        """Arm name to case id to answer.

        Raises:
            StoppedError: the next call might pass the ceiling; what was answered before it is kept.
            RunError: no call was answered.
        """
        held = self.held()
        once = list(dict.fromkeys(targets))  # GEPA fills a last minibatch up with cases that it has already
        todo = {arm.name: [one for one in once if (arm.name, one.case_id) not in held] for arm in arms}
        if any(todo.values()):
            asked = ask(arms, todo, self._query, self.log, concurrency=self._concurrency, budget=self.budget)
            if asked.out_of_budget:
                raise StoppedError("the next call might have passed the ceiling")
            if asked.failed == sum(map(len, todo.values())):
                reason = bounded(self.log.records[-1].prediction.reason or "no reason given", 200)
                raise RunError(f"no call was answered ({reason}); answers are kept: run it again to go on")
        last = {record.key: record for record in self.log.records}
        return {arm.name: {one.case_id: last[arm.name, one.case_id] for one in targets} for arm in arms}

    def reflect(self, place: str, text: str, task: str) -> Reply:
        """What the reflecting model says to a text; the same text asked again gets another answer.

        Raises:
            StoppedError: the call might pass the ceiling.
            RunError: it failed.
        """
        from langchain_core.messages import HumanMessage

        from dermtools.prompting.asking.replies import Reply
        from dermtools.prompting.cost.estimate import price_of

        digest = hashlib.sha256(text.encode()).hexdigest()[:16]
        self._asked[digest] += 1
        key = (REFLECTION, f"{digest}-{self._asked[digest]}")
        if (kept := self.held().get(key)) is not None:
            said = kept.prediction
            return Reply(said.outcome, said.raw, usage=said.usage, reason=said.reason)
        messages = [HumanMessage(text)]
        most = self._ceiling(text) or 0.0
        if not self.budget.reserve(most):
            raise StoppedError("the next call might have passed the ceiling")
        paid, began = most, time.perf_counter()
        try:
            reply = self._asker.ask(messages)
            usage = reply.usage
            price = price_of(self._priced_as, usage.input_tokens, usage.output_tokens) if usage else None
            failed = reply.outcome is Outcome.ERROR
            paid = price if price is not None else 0.0 if failed else most
            label = place if reply.outcome is Outcome.OK else None
            told: dict[str, Any] = {"outcome": reply.outcome, "raw": reply.raw, "usage": usage, "reason": reply.reason}
            self.log.append(
                [
                    Record(
                        arm=REFLECTION,
                        case_id=key[1],
                        group_id="",
                        truth=(),
                        prediction=Prediction(method=REFLECTION, task=task, label=label, **told),
                        latency_s=round(time.perf_counter() - began, 4),
                        price_usd=price,
                    )
                ]
            )
        finally:
            self.budget.settle(most, paid)
        if failed:
            raise RunError(f"the reflecting model did not answer: {reply.reason}; answers are kept: run it again")
        return reply

    def estimate(self, text: str, output_tokens: int) -> PromptEstimate:
        """What one reflection takes that is answered with so many tokens, reasoning besides."""
        from langchain_core.messages import HumanMessage

        from dermtools.prompting.cost.estimate import estimate_prompt

        return estimate_prompt([HumanMessage(text)], self._priced_as, output_tokens=output_tokens)

    def _ceiling(self, text: str) -> float | None:
        """Dollars for one reflection at the most that its model may write."""
        from dermtools.prompting.cost.estimate import price_of

        limit = getattr(self._asker.model, "max_tokens", None) or UNLIMITED_OUTPUT
        return price_of(self._priced_as, round(SLACK * (self.estimate(text, limit).input_tokens or 0)), limit)

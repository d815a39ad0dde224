"""Asking: every arm about every case, several calls at once, each answer on the disk before the next thing happens."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.running.plan import Budget
from dermtools.evaluation.running.records import Record, RecordLog
from dermtools.evaluation.scoring import Target
from dermtools.prediction import Outcome, Prediction, Query
from dermtools.progress import Progress, Silent

BATCH = 64
"""Cases that a local method gets at once; an interruption loses at most the work of one batch."""

LocalAsking = Callable[[Arm, Sequence[Sequence[Target]]], Iterable[list[Record]]]
"""Asks an arm about batches of cases: the answers of each, in their order."""


@dataclass(frozen=True)
class Asked:
    """How asking ended."""

    answered: int
    """Records written."""
    failed: int
    """Of these, calls without an answer."""
    out_of_budget: bool
    """Whether it stopped because the next call might have passed the limit."""


def ask(
    arms: Sequence[Arm],
    todo: Mapping[str, Sequence[Target]],
    query: Callable[[str], Query],
    log: RecordLog,
    *,
    concurrency: int = 8,
    budget: Budget | None = None,
    progress: Progress | None = None,
    local: LocalAsking | None = None,
) -> Asked:
    """Ask local arms in batches, then remote ones call by call, about the targets in `todo` (by arm name).

    `local` asks the former elsewhere than here.

    A method that raises costs one answer: it is recorded as an error, and counts as one. Remote calls go case by
    case, all arms side by side, so that a run that stops early leaves arms that can be compared. Ctrl-C sends
    nothing more and waits for the calls on their way, whose answers are recorded; a second Ctrl-C leaves at once.
    """
    progress = progress or Silent()
    answered = failed = 0
    for arm in arms:
        left = () if arm.remote else todo[arm.name]
        if left:
            progress.start(len(left), arm.name)
        batches = [left[start : start + BATCH] for start in range(0, len(left), BATCH)]
        for records in local(arm, batches) if local else (ask_batch(arm, batch, query) for batch in batches):
            log.append(records)
            progress.advance(len(records))
            answered += len(records)
            failed += sum(record.failed for record in records)
    jobs = list(_case_by_case([arm for arm in arms if arm.remote], todo))
    calls = _Calls(iter(jobs), query, log, budget or Budget(None), progress, answered, failed)
    if jobs:
        progress.start(len(jobs), "calls")
        calls.run(max(1, min(concurrency, len(jobs))))
    return Asked(calls.answered, calls.failed, calls.out_of_budget)


def ask_batch(arm: Arm, targets: Sequence[Target], query: Callable[[str], Query]) -> list[Record]:
    """The answers of a local method about some cases."""
    began = time.perf_counter()
    queries = [query(target.case_id) for target in targets]
    try:
        predictions = arm.method.predict_many(queries)
        if len(predictions) != len(queries):
            raise ValueError(f"predict_many gave {len(predictions)} predictions for {len(queries)} queries")
    except Exception:  # noqa: BLE001 - a method is foreign code; one case at a time shows which one it fails on
        predictions = [_predict(arm, one) for one in queries]
    share = (time.perf_counter() - began) / len(targets)
    return [_record(arm, target, found, share) for target, found in zip(targets, predictions, strict=True)]


def _predict(arm: Arm, query: Query) -> Prediction:
    try:
        return arm.method.predict(query)
    except Exception as error:  # noqa: BLE001 - a method is foreign code, and one failure must not end the run
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        return Prediction(method=arm.method.name, task=arm.method.task, outcome=Outcome.ERROR, reason=reason)


def _record(arm: Arm, target: Target, prediction: Prediction, latency_s: float) -> Record:
    return Record(
        arm=arm.name,
        case_id=target.case_id,
        group_id=target.group_id,
        truth=target.truth,
        prediction=prediction,
        latency_s=round(latency_s, 4),
        price_usd=arm.price(prediction.usage),
    )


@dataclass
class _Calls:
    """Threads that take one call after the other from a common list."""

    jobs: Iterator[tuple[Arm, Target]]
    query: Callable[[str], Query]
    log: RecordLog
    budget: Budget
    progress: Progress
    answered: int = 0
    failed: int = 0
    out_of_budget: bool = False

    def __post_init__(self) -> None:
        self._guard = threading.Lock()
        self._stop = threading.Event()
        self._broken: BaseException | None = None

    def run(self, threads: int) -> None:
        ended = [threading.Event() for _ in range(threads)]
        # No call before every thread runs, so that Ctrl-C finds all of them on their way or none.
        begin = threading.Event()
        try:
            for number, event in enumerate(ended):
                # Daemons, so that a second Ctrl-C can leave calls that hang.
                threading.Thread(target=self._work, args=(begin, event), name=f"call-{number}", daemon=True).start()
            begin.set()
            _wait(ended)
        except KeyboardInterrupt:
            self._stop.set()
            if begin.is_set():
                _wait(ended)
            begin.set()
            raise
        if self._broken is not None:
            raise self._broken

    def _work(self, begin: threading.Event, ended: threading.Event) -> None:
        begin.wait()
        try:
            while (job := self._next()) is not None:
                self._call(*job)
        except BaseException as error:  # noqa: BLE001 - carried over to the thread that waits, and raised there
            self._broken = self._broken or error
            self._stop.set()
        finally:
            ended.set()

    def _next(self) -> tuple[Arm, Target] | None:
        with self._guard:
            return None if self._stop.is_set() else next(self.jobs, None)

    def _call(self, arm: Arm, target: Target) -> None:
        query = self.query(target.case_id)
        estimate = arm.estimate(query)
        ceilings = (estimate.ceiling_usd, estimate.price_usd) if estimate is not None else ()
        most = next((usd for usd in ceilings if usd is not None), 0.0)
        if not self.budget.reserve(most):
            self.out_of_budget = True
            self._stop.set()
            return
        paid = most
        try:
            if self._stop.is_set():
                paid = 0.0
                return
            began = time.perf_counter()
            record = _record(arm, target, _predict(arm, query), time.perf_counter() - began)
            # An answer that does not say what it used counts as the most it can have cost.
            paid = record.price_usd if record.price_usd is not None else 0.0 if record.failed else most
            self.log.append([record])
        finally:
            self.budget.settle(most, paid)
        with self._guard:
            self.answered += 1
            self.failed += record.failed
            self.progress.advance()


def _case_by_case(arms: Sequence[Arm], todo: Mapping[str, Sequence[Target]]) -> Iterator[tuple[Arm, Target]]:
    left = {arm.name: {target.case_id: target for target in todo[arm.name]} for arm in arms}
    for case_id in dict.fromkeys(case_id for cases in left.values() for case_id in cases):
        yield from ((arm, left[arm.name][case_id]) for arm in arms if case_id in left[arm.name])


def _wait(ended: Sequence[threading.Event]) -> None:
    # Not Thread.join: interrupted, it takes a thread that still runs for one that has ended (Python 3.11).
    for event in ended:
        event.wait()

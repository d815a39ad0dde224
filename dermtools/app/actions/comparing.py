"""Method against method, case by case, in one run or across two; and two runs against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.prompting import told_message
from dermtools.app.actions.runs import RunArguments, said
from dermtools.app.actions.searching import case_facts
from dermtools.errors import DermtoolsError, QueryError
from dermtools.text import instead

if TYPE_CHECKING:
    from dermtools.app.runs import ReadRun
    from dermtools.app.session import AppSession
    from dermtools.cases.columns import CaseColumns
    from dermtools.evaluation import Run
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.scoring import Scored
    from dermtools.prediction import Exemplar, Prediction

Kind = Literal["both", "first", "second", "neither"]
"""Who is right; of one method alone `first` is right and `neither` is wrong."""
_UNNAMED = {"path", "base_url", "prompt_hash", "sha256", "revision", "spec"}
"""Facts that say where something lies, or that stand for a text which is shown."""


class ArmArguments(RunArguments):
    """An arm of a run."""

    arm: str


class CasesArguments(Arguments):
    """Which cases of one method, or of two beside each other."""

    first: ArmArguments
    second: ArmArguments | None = None
    kind: Kind | None = None
    truth: str | None = None
    answer: str | None = None
    """Of the first method; empty for no label."""
    start: int = Field(default=0, ge=0)
    count: int = Field(default=24, ge=1, le=200)


class AnswerArguments(ArmArguments):
    """One answer."""

    case_id: str


class CompareArguments(Arguments):
    """Two runs by their names, and a difference in accuracy that makes no odds."""

    a: str
    b: str
    margin: float | None = Field(default=None, gt=0, lt=1)


def method_cases(session: AppSession, arguments: CasesArguments, _: Teller) -> dict[str, Any]:
    """The cases that both were asked about, counted by who is right, and those of one kind with both answers.

    Raises:
        QueryError: there is no such run or arm.
        RunError: a run cannot be read.
    """
    one = _scored(session, arguments.first)
    two = None if arguments.second is None else _scored(session, arguments.second)
    others = {} if two is None else {target.case_id: row for row, target in enumerate(two.targets)}
    counts: dict[str, int] = dict.fromkeys(("both", "first", "second", "neither"), 0)
    found = []
    for row, target in enumerate(one.targets):
        other = others.get(target.case_id)
        if two is not None and other is None:
            continue
        kind = _kind(bool(one.right[row]), two is not None and other is not None and bool(two.right[other]))
        counts[kind] += 1
        if arguments.kind not in (None, kind) or not _in_cell(one, row, arguments):
            continue
        found.append((row, other, kind))
    shown = found[arguments.start : arguments.start + arguments.count]
    columns = None if session.case_base is None else session.opened.columns
    cases = [
        {
            "case_id": one.targets[row].case_id,
            "truth": list(one.targets[row].truth),
            "kind": kind,
            "has_picture": _has_picture(columns, one.targets[row].case_id),
            "first": _short(one.predictions[row], bool(one.right[row])),
            "second": None if two is None or other is None else _short(two.predictions[other], bool(two.right[other])),
        }
        for row, other, kind in shown
    ]
    return {"counts": counts, "total": len(found), "start": arguments.start, "cases": cases}


def answer(session: AppSession, arguments: AnswerArguments, _: Teller) -> dict[str, Any]:
    """One answer whole: the prompt as it was, the raw reply, the examples, tokens, price and time.

    Raises:
        QueryError: there is no such run, arm or answer.
        RunError: the run cannot be read.
    """
    from dermtools.evaluation.reporting.tables import seconds

    read = session.evaluations.read(arguments.name)
    record = read.run.answers().get((arguments.arm, arguments.case_id))
    if record is None:
        raise QueryError(f"{arguments.arm!r} was not asked about case {arguments.case_id!r} in {arguments.name}")
    known = {} if session.case_base is None else session.opened.columns.row_of
    case_base = session.case_base
    return {
        "arm": arguments.arm,
        "task": read.run.spec.task.name,
        "truth": list(record.truth),
        "case": case_facts(session.opened.case(record.case_id)) if record.case_id in known else None,
        "version": None if case_base is None else case_base.version,
        "prediction": record.prediction.model_dump(mode="json", exclude={"exemplars"}),
        "exemplars": [_exemplar(session, one, read.run.spec.task.name) for one in record.prediction.exemplars],
        "cost": None if not record.price_usd else f"${record.price_usd:.4f}",
        "latency": None if read.run.spec.made_elsewhere(arguments.arm) else seconds(record.latency_s),
        **_prompt(session, read, record),
    }


def compare(session: AppSession, arguments: CompareArguments, _: Teller) -> dict[str, Any]:
    """Two runs on the cases that they share, what decided them and differs, and their prompts as a diff.

    Raises:
        QueryError: there is no such run.
        RunError: they differ in task or rule, share no case, or cannot be read.
    """
    from dermtools.evaluation import compare_runs, differences
    from dermtools.evaluation.reporting.results import arms_of, shared_cases

    runs = {name: session.evaluations.read(name).run for name in (arguments.a, arguments.b)}
    opened = [runs[arguments.a], runs[arguments.b]]
    shared = shared_cases(opened)
    settings = [
        {"what": one.what, "a": one.first, "b": one.second}
        for one in differences(opened[0].spec, opened[1].spec)
        if one.what.rpartition(": ")[2] not in _UNNAMED
    ]
    return {
        **said(compare_runs(opened, margin=arguments.margin)),
        "shared": {
            "cases": shared.cases,
            "groups": shared.groups,
            "a": len(opened[0].spec.targets),
            "b": len(opened[1].spec.targets),
        },
        "origins": {
            called: {"name": name, "arm": arm}
            for name, names in zip(runs, arms_of(opened), strict=True)
            for arm, called in names.items()
        },
        "settings": settings,
        "prompts": _prompt_diffs(*opened),
    }


def _scored(session: AppSession, asked: ArmArguments) -> Scored:
    read = session.evaluations.read(asked.name)
    scored = {one.name: one for one in read.run.scored()}
    if asked.arm not in scored:
        raise QueryError(f"no method {asked.arm!r} in {asked.name}; {instead(asked.arm, scored)}")
    return scored[asked.arm]


def _kind(first: bool, second: bool) -> Kind:
    if first:
        return "both" if second else "first"
    return "second" if second else "neither"


def _in_cell(one: Scored, row: int, asked: CasesArguments) -> bool:
    """Whether a case is in the cell of the confusion matrix that was asked for."""
    return asked.truth in (None, one.truth[row]) and asked.answer in (None, one.labels[row] or "")


def _has_picture(columns: CaseColumns | None, case_id: str) -> bool:
    row = None if columns is None else columns.row_of.get(case_id)
    return columns is not None and row is not None and bool(columns.widths[row])


def _short(prediction: Prediction, right: bool) -> dict[str, Any]:
    return {
        "label": prediction.label,
        "outcome": prediction.outcome.value,
        "right": right,
        "confidence": prediction.confidence,
    }


def _exemplar(session: AppSession, one: Exemplar, task: str) -> dict[str, Any]:
    """A case with the labels that it had then; of one that is gone, what the run says of it."""
    known = {} if session.case_base is None else session.opened.columns.row_of
    then = {task: list(one.labels)}
    if one.case_id in known:
        facts = case_facts(session.opened.case(one.case_id))
        return {**facts, "labels": {**facts["labels"], **then}, "distance": one.distance}
    gone: dict[str, Any] = {"handle": None, "split": None, "attributes": {}}
    return {"case_id": one.case_id, "group_id": one.group_id, **gone, "labels": then, "distance": one.distance}


def _prompt(session: AppSession, read: ReadRun, record: Record) -> dict[str, Any]:
    """The messages, or why there are none."""
    from dermtools.evaluation.rebuilding import rebuilt_prompt

    facts = read.run.spec.arms[record.arm]
    if not facts.get("prompt_hash"):
        return {"prompt": None, "messages": None, "no_messages": None}
    prompt = {"id": facts["prompt"], "version": facts.get("prompt_version")}
    try:
        built = rebuilt_prompt(read.run, record, session.opened)
    except DermtoolsError as error:
        return {"prompt": prompt, "messages": None, "no_messages": str(error)}
    return {"prompt": prompt, "messages": [told_message(one) for one in built.messages], "no_messages": None}


def _prompt_diffs(first: Run, second: Run) -> list[dict[str, Any]]:
    """Each prompt that differs, line by line; where a run does not keep one, a note."""
    from dermtools.evaluation import prompt_diffs

    found: list[dict[str, Any]] = []
    for text in prompt_diffs(first, second):
        head, *body = text.split("\n")
        if not head.startswith("--- "):
            found.append({"title": None, "note": text, "lines": []})
            continue
        lines = [{"sign": line[:1] or " ", "text": line[1:]} for line in body[1:]]
        found.append({"title": head.rpartition("/")[2].removesuffix(".yaml"), "note": None, "lines": lines})
    return found


ACTIONS = [
    Action("method_cases", CasesArguments, method_cases),
    Action("answer", AnswerArguments, answer),
    Action("compare", CompareArguments, compare),
]

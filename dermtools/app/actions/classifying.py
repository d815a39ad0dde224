"""Every method that can be computed here, asked about one picture, side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import Field

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.app.actions.searching import case_facts
from dermtools.errors import DermtoolsError, QueryError, TrainingError

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.prediction import Prediction, Query
    from dermtools.retrieval import CaseBase
    from dermtools.tools.classifying import Classified

_PLACES = {"vote": 0, "classifier": 1, "fusion": 2, "baseline": 4}
"""Order of the kinds of method on the page; those of other packages stand before the baselines."""


class ClassifyArguments(Arguments):
    """The picture and the question."""

    of: str
    """Handle of a picture that was brought, or of a case."""
    task: str
    voters: int = Field(default=5, ge=1, le=999_999)
    """How many nearest cases vote."""
    abstain: bool = True
    """Give no label below a classifier's threshold, where it has one."""


def classify(session: AppSession, arguments: ClassifyArguments, teller: Teller) -> dict[str, Any]:
    """What each method says, an event each as it comes, and all of them at the end; one that cannot says why.

    Raises:
        QueryError: no such task or case.
        ImageError: the picture cannot be read.
    """
    from dermtools.methods import families

    case_base = session.opened
    task = case_base.task(arguments.task).name
    own = sorted((one for one in families() if not one.needs_model), key=lambda one: _PLACES.get(one.kind, 3))
    teller.start(len(own), "methods asked")
    query = session.workspace.query(arguments.of, session.context)
    answers = []
    for family in own:
        name = family.pattern.removesuffix("K") + str(arguments.voters) if family.pattern.endswith("-K") else None
        answer: dict[str, Any] = {"method": name or family.pattern, "kind": family.kind}
        try:
            found, unable = _asked(session, answer["method"], task, query, abstain=arguments.abstain)
        except DermtoolsError as error:
            if not isinstance(error, TrainingError | QueryError):
                raise
            answer["problem"] = str(error)
        else:
            answer |= predicted(case_base, found.prediction)
            answer |= {"coverage": found.coverage, "notes": found.notes, "cannot_abstain": unable}
        teller.event(answer)
        teller.advance()
        answers.append(answer)
    return {**asked_about(session, query, task), "answers": answers}


def _asked(
    session: AppSession, method: str, task: str, query: Query, *, abstain: bool
) -> tuple[Classified, str | None]:
    """Its answer; where it has nothing to abstain by, the answer that it gives at any rate, and why."""
    from dermtools.methods import family_of
    from dermtools.tools.classifying import classified

    workspace, context = session.workspace, session.context
    if not abstain or "abstain" not in family_of(method).options:
        return classified(workspace, method, task, query, context), None
    try:
        return classified(workspace, method, task, query, context, abstain=True), None
    except TrainingError as error:
        found, why = classified(workspace, method, task, query, context), str(error)
        return found._replace(notes=[note for note in found.notes if note not in why]), why


def asked_about(session: AppSession, query: Query, task: str) -> dict[str, Any]:
    """The picture in question, with the truth where it is a case."""
    case_base, images = session.opened, session.context.images
    case = case_base.case(query.case_id) if query.case_id else None
    return {
        "task": task,
        "name": images.get(query.name).name if query.name in images else query.name,
        "case": case and case_facts(case),
        "truth": list(case.labels.get(task, ())) if case else [],
        "version": case_base.store.version,
    }


def predicted(case_base: CaseBase, prediction: Prediction) -> dict[str, Any]:
    """A prediction with the cases that it rests on."""
    exemplars = [{**case_facts(case_base.case(one.case_id)), "distance": one.distance} for one in prediction.exemplars]
    return {"prediction": prediction.model_dump(mode="json", exclude={"exemplars"}), "exemplars": exemplars}


ACTIONS = [Action("classify", ClassifyArguments, classify)]

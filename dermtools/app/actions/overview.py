"""What is open: the case base, what it can be asked, and what the page may offer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dermtools.app.actions.action import Action, Arguments, Teller
from dermtools.errors import DermtoolsError
from dermtools.version import __version__

if TYPE_CHECKING:
    from dermtools.app.session import AppSession
    from dermtools.retrieval import CaseBase


class NoArguments(Arguments):
    """Of an action that takes none."""


def overview(session: AppSession, _: NoArguments, __: Teller) -> dict[str, Any]:
    """Facts of the case base (None where none is open yet), and what else is there.

    `usual_task` is what the views begin with: one that a classifier was trained for, where there is any.
    """
    from dermtools.adapter.saved import trained_tasks

    about: dict[str, Any] = {
        "dermtools": __version__,
        "model": session.model,
        "runs": session.runs is not None,
        "case_base": None,
    }
    if session.case_base is not None:
        case_base = session.case_base
        about["case_base"] = {
            "name": case_base.path.name,
            **case_base.info(),
            "reads_text": _reads_text(case_base),
            "attributes": case_base.attributes.audiences,
            "usual_task": next(iter([*trained_tasks(case_base.store), *(task.name for task in case_base.tasks)]), None),
        }
    return about


def embedded_at(session: AppSession, _: NoArguments, __: Teller) -> dict[str, Any]:
    """`receiver`, the host that pictures are sent to when they are looked up; None where that is this machine.

    Apart from `overview`, since only the embedder itself can tell, and loading it takes seconds.

    Raises:
        CaseBaseError, EmbeddingError: it cannot be loaded.
    """
    from dermtools.embedding.base import RemoteEmbedder

    embedder = session.opened.embedder
    return {"receiver": embedder.receiver if isinstance(embedder, RemoteEmbedder) else None}


def _reads_text(case_base: CaseBase) -> bool:
    """Whether words can be searched for; not where the embedder cannot be loaded, as when its file was moved."""
    try:
        return case_base.reads_text
    except DermtoolsError:
        return False


ACTIONS = [Action("overview", NoArguments, overview), Action("embedded_at", NoArguments, embedded_at)]

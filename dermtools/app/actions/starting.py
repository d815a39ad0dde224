"""First use: the drawn sample as a case base that is gone with the server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dermtools.app.actions.action import Action, Teller
from dermtools.app.actions.overview import NoArguments
from dermtools.errors import QueryError

if TYPE_CHECKING:
    from dermtools.app.session import AppSession


def try_sample(session: AppSession, _: NoArguments, teller: Teller) -> dict[str, Any]:
    """Draw the sample, embed it and open it; how many cases it has.

    Raises:
        QueryError: a case base is open already.
    """
    from dermtools.cases import load_source
    from dermtools.retrieval import CaseBase

    if session.case_base is not None:
        raise QueryError("a case base is open already; end the server and start it without one to see the sample")
    case_base = CaseBase.create(session.new_folder() / "sample")
    report = case_base.add(load_source("sample"), progress=teller)
    session.case_base = case_base
    return {"cases": report.added}


ACTIONS = [Action("try_sample", NoArguments, try_sample)]

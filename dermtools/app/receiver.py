"""Who receives what leaves this machine: said before anything is sent, and repeated by every request that sends."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dermtools.errors import DermtoolsError, QueryError

if TYPE_CHECKING:
    from dermtools.app.session import AppSession


def receiver_of(session: AppSession) -> str:
    """The model and its host, e.g. `openai:gpt-4.1 at api.openai.com`.

    Raises:
        QueryError: no model was named.
        ModelError: it cannot be set up.
    """
    from dermtools.prompting.asking.model_facts import model_facts

    address = model_facts(session.chat_model())["base_url"]
    host = urlsplit(address).netloc if address else ""
    return f"{session.model} at {host or 'the usual address of its provider'}"


def told_receiver(session: AppSession) -> dict[str, str | None]:
    """The receiver; where there is none, why, in one line."""
    try:
        return {"receiver": receiver_of(session), "no_receiver": None}
    except DermtoolsError as error:
        return {"receiver": None, "no_receiver": str(error)}


def check_receiver(session: AppSession, shown: str) -> None:
    """A QueryError where the person was shown another receiver than the one that would be sent to."""
    if shown != receiver_of(session):
        raise QueryError(f"nothing was sent: this goes to {receiver_of(session)}, which is not what you were shown")

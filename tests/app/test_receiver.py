"""Who receives what leaves this machine, in words."""

from __future__ import annotations

import pytest

from dermtools.app.receiver import check_receiver, receiver_of, told_receiver
from dermtools.app.session import AppSession
from dermtools.errors import QueryError


@pytest.mark.parametrize(
    ("model", "options", "said"),
    [
        ("openai:gpt-4.1", {"api_key": "k"}, "openai:gpt-4.1 at api.openai.com"),
        ("openai:m", {"base_url": "http://me:secret@10.0.0.7:8000/v1"}, "openai:m at 10.0.0.7:8000"),
        ("anthropic:claude-sonnet-4-5", {"api_key": "k"}, "anthropic:claude-sonnet-4-5 at api.anthropic.com"),
    ],
)
def test_model_and_host_are_named(
    model: str, options: dict[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("OPENAI_BASE_URL", "OPENAI_API_BASE", "ANTHROPIC_BASE_URL", "ANTHROPIC_API_URL"):
        monkeypatch.delenv(name, raising=False)
    session = AppSession(model=model, model_options=options)
    assert receiver_of(session) == said
    check_receiver(session, said)
    with pytest.raises(QueryError, match="not what you were shown"):
        check_receiver(session, "openai:gpt-4.1 at example.org")


def test_without_a_key_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    told = told_receiver(AppSession(model="openai:gpt-4.1"))
    assert told["receiver"] is None
    assert "OPENAI_API_KEY" in str(told["no_receiver"])

"""Names of prompted methods, taken apart and put together again."""

from __future__ import annotations

import pytest

from dermtools.errors import PromptError
from dermtools.prompting import parse_method


@pytest.mark.parametrize(
    ("name", "kind", "k", "diversity"),
    [
        ("zero-shot", "zero-shot", 0, None),
        ("random-5", "random", 5, None),
        ("rag-1", "rag", 1, None),
        ("rag-mmr-100", "rag-mmr", 100, "mmr"),
        ("rag-balanced-3", "rag-balanced", 3, "balanced"),
        ("rag-labels-5", "rag-labels", 5, None),
    ],
)
def test_a_name_says_kind_number_and_diversity(name: str, kind: str, k: int, diversity: str | None) -> None:
    method = parse_method(name)
    assert (method.kind, method.k, method.diversity, str(method)) == (kind, k, diversity, name)


@pytest.mark.parametrize(
    "name", ["", "rag", "rag-", "rag-0", "rag-101", "rag-5 ", "zero-shot-1", "mmr-5", "rag-\u0665"]
)
def test_any_other_name_is_refused_in_one_line(name: str) -> None:
    with pytest.raises(PromptError) as caught:
        parse_method(name)
    assert "\n" not in str(caught.value)

"""A vector store's retriever: its traces and errors say nothing of where anything lies on this machine."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest
from langchain_core.tracers.context import collect_runs

from dermtools.errors import DermtoolsError
from dermtools.images import data_url
from dermtools.retrieval import CaseBase, CaseVectorStore
from tests.support.langsmith_server import pictures_in
from tests.support.mean_colour import TEN, MeanColour


@pytest.mark.parametrize("is_async", [False, True])
def test_a_failure_names_no_path_to_the_caller_and_to_traces(tmp_path: Path, is_async: bool) -> None:
    case_base = CaseBase.create(tmp_path / "Praxis Dr. Mueller" / "base", embedder=MeanColour())
    case_base.add(TEN)
    retriever = CaseVectorStore(case_base).as_retriever(search_kwargs={"k": 2})
    assert len(retriever.invoke("red")) == 2
    shutil.rmtree(case_base.path)
    with collect_runs() as collected, pytest.raises(DermtoolsError) as caught:
        asyncio.run(retriever.ainvoke("red")) if is_async else retriever.invoke("red")
    (run,) = collected.traced_runs
    assert "case base" in str(run.error)
    assert "Mueller" not in f"{caught.value!r} {caught.value.__cause__!r} {run.error}"


def test_a_picture_among_the_words_is_in_no_trace(shared_base: CaseBase) -> None:
    jpeg = shared_base.jpeg("c04")
    with collect_runs() as collected, pytest.raises(DermtoolsError, match="reads no text"):
        CaseVectorStore(shared_base).as_retriever().invoke(data_url(jpeg))
    assert "[picture img_" in repr(collected.traced_runs[0].inputs)
    assert pictures_in(repr(collected.traced_runs).encode(), [jpeg]) == 0

"""The context of a run, whoever gave it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langgraph.store.memory import InMemoryStore

from dermtools.agent import DermContext, PicturesInMemory, PicturesInStore, RunContext, Thread, Workspace
from dermtools.agent.run_context import run_context, thread_of
from dermtools.errors import DermtoolsError, QueryError
from dermtools.retrieval import CaseBase

THREAD: dict[str, Any] = {"configurable": {"thread_id": "1"}}


@pytest.fixture(scope="module")
def workspace(case_base: CaseBase) -> Workspace:
    return Workspace(case_base)


def test_a_programs_own_context_is_taken_as_it_is(workspace: Workspace) -> None:
    context = DermContext()
    assert run_context(context, workspace, config=THREAD, store=InMemoryStore(), strict=True) is context


@pytest.mark.parametrize("given", [None, {}, {"images": {}}, {"images": None}])
def test_without_one_pictures_are_in_the_graphs_store(workspace: Workspace, given: Any, drawn_jpeg: bytes) -> None:
    store = InMemoryStore()
    contexts = [run_context(given, workspace, config=THREAD, store=store, strict=True) for _ in range(2)]
    assert contexts[0] is not None
    assert contexts[1] is not None
    handle = contexts[0].images.add(drawn_jpeg).handle
    assert handle in contexts[1].images
    assert handle in PicturesInStore(store).of(Thread("1"))


def test_without_a_store_they_are_in_memory_of_the_thread(workspace: Workspace, drawn_jpeg: bytes) -> None:
    one = run_context(None, workspace, config=THREAD)
    other = run_context(None, workspace, config={"configurable": {"thread_id": "2"}})
    assert one is not None
    assert other is not None
    handle = one.images.add(drawn_jpeg).handle
    again = run_context({"where": "split = 'train'"}, workspace, config=THREAD)
    assert again is not None
    assert handle in again.images
    assert handle not in other.images


def test_the_workspaces_own_place_comes_first(case_base: CaseBase, drawn_jpeg: bytes) -> None:
    place = PicturesInMemory()
    context = run_context(
        None, Workspace(case_base, picture_store=place), config=THREAD, store=(store := InMemoryStore())
    )
    assert context is not None
    handle = context.images.add(drawn_jpeg).handle
    assert handle in place.of(Thread("1"))
    assert handle not in PicturesInStore(store).of(Thread("1"))


def test_without_a_thread_there_is_nowhere_to_keep_them(workspace: Workspace) -> None:
    own = DermContext()
    assert run_context(None, workspace, config={}, store=InMemoryStore()) is None
    assert run_context(None, workspace, otherwise=own) is own


def test_the_authenticated_user_is_part_of_the_thread() -> None:
    assert thread_of({"configurable": {"thread_id": "1", "langgraph_auth_user_id": "ann"}}) == Thread("1", "ann")
    assert thread_of(THREAD) == Thread("1")
    assert thread_of({"configurable": {}}) is thread_of(None) is None


def test_a_clients_conditions_hold(workspace: Workspace) -> None:
    given: RunContext = {"where": "location = 'hand'", "hidden_groups": ["drawn_p01"]}
    context = run_context(given, workspace, config=THREAD, strict=True)
    assert context is not None
    assert context.conditions == ["(location = 'hand')", "group_id NOT IN ('drawn_p01')"]
    program = DermContext(where="split = 'train'", hidden_groups=frozenset({"drawn_p02"}))
    both = run_context(given, workspace, config=THREAD, otherwise=program)
    assert both is not None
    assert both.where == "(split = 'train') AND (location = 'hand')"
    assert both.hidden_groups == {"drawn_p01", "drawn_p02"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"images": {"a": "data:image/png;base64,AA"}}, "send pictures as image blocks of a message"),
        ({"wehre": "x"}, "takes where and hidden_groups, not 'wehre'; leave it out"),
        ({"where": 1}, "where in the context of a run is a condition"),
        ({"where": " "}, "where in the context of a run is a condition"),
        ({"where": "nonsense ="}, "nonsense"),
        ({"hidden_groups": "p1"}, "a list of at most 1000 group ids"),
        ({"hidden_groups": [1]}, "a list of at most 1000 group ids"),
        ({"hidden_groups": ["p"] * 1001}, "a list of at most 1000 group ids"),
    ],
)
def test_anything_else_is_one_line(workspace: Workspace, given: dict[str, Any], told: str) -> None:
    with pytest.raises(DermtoolsError, match=told) as raised:
        run_context(given, workspace, config=THREAD, strict=True)
    assert "\n" not in str(raised.value)


def test_a_client_cannot_ask_for_private_attributes_by_a_condition(case_base: CaseBase, tmp_path: Path) -> None:
    shutil.copytree(case_base.path, tmp_path / "casebase")
    own = CaseBase.open(tmp_path / "casebase")
    given = {"where": "age > 50"}
    assert run_context(given, Workspace(own), config=THREAD, strict=True) is not None
    own.attributes.hide("age")
    with pytest.raises(DermtoolsError, match="age"):
        run_context(given, Workspace(own), config=THREAD, strict=True)


def test_a_graph_of_ones_own_may_have_a_context_of_its_own(workspace: Workspace) -> None:
    @dataclass
    class Own:
        where: int = 1

    for given in (Own(), {"user": "ann"}):
        context = run_context(given, workspace, config=THREAD)
        assert context is not None
        assert context.conditions == []


def test_images_that_are_no_store_are_refused_at_once() -> None:
    given: Any = {}
    with pytest.raises(QueryError, match=r"images of a DermContext is an ImageStore, not a dict"):
        DermContext(images=given)

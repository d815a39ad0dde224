from __future__ import annotations

import pytest

from dermtools.cases import Case, CaseStore, StoredCase
from dermtools.cases.identity import EmbedderIdentity
from dermtools.errors import QueryError
from dermtools.retrieval import CaseBase
from tests.support.paths import bytes_below

IDENTITY = EmbedderIdentity(name="n", revision="0", preprocessing="none", dimension=2, normalized=False)


@pytest.fixture
def case_base(tmp_path) -> CaseBase:
    import numpy as np

    store = CaseStore.create(tmp_path / "cb", embedder_spec="n", identity=IDENTITY)
    held = {"age": 40, "Phone": "030 123456789"}
    case = Case(case_id="1", group_id="p", attributes=held)
    store.add([StoredCase(case, "00", np.zeros(2, np.float32), b"jpeg", 1, 1)])
    return CaseBase.open(tmp_path / "cb")


def test_new_attributes_are_private(case_base: CaseBase) -> None:
    assert case_base.attributes.audiences == {"Phone": "private", "age": "private"}
    assert case_base.attributes.visible(case_base.case("1")).attributes == {}


def test_showing_and_hiding_reach_a_reader_in_another_process(case_base: CaseBase) -> None:
    reader = CaseBase.open(case_base.path)
    assert reader.attributes.shown == frozenset()
    case_base.attributes.show("AGE")
    assert reader.attributes.shown == {"age"}
    case_base.attributes.hide("age")
    assert reader.attributes.shown == frozenset()


def test_an_unknown_attribute_is_refused_with_the_nearest_and_nothing_changes(case_base: CaseBase) -> None:
    with pytest.raises(QueryError, match="no column or attribute 'fone'; did you mean Phone"):
        case_base.attributes.show("age", "fone")
    assert case_base.attributes.shown == frozenset()


def test_a_dropped_attribute_is_gone_from_every_byte_on_disk(case_base: CaseBase) -> None:
    assert b"030 123456789" in bytes_below(case_base.path)
    case_base.remove(["1"])
    case_base.restore(case_base.history().restorable()[-1])
    assert case_base.attributes.drop("phone") == 1
    assert b"030 123456789" not in bytes_below(case_base.path)
    assert case_base.case("1").attributes == {"age": 40}
    assert (case_base.history().restorable(), case_base.history().versions[-1].command) == ([], "attributes")


def test_what_looks_like_an_identifier_is_named(case_base: CaseBase) -> None:
    assert case_base.attributes.identifying == {"Phone": "phones"}

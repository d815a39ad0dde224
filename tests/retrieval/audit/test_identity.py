"""A check warns of shown attributes that look like identifiers, and of ids that look like names of people."""

from __future__ import annotations

from pathlib import Path

from dermtools.retrieval.audit.identity import identifiers
from tests.support.stored_cases import new_store, stored


def test_only_a_shown_attribute_that_looks_like_an_identifier_is_found(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    store.add([stored(1, attributes={"phone": "030 1234567", "notes": "HIV positive", "age": 40})])
    store.update_manifest(shown=())
    assert list(identifiers(store.columns(), store.manifest)) == []
    store.update_manifest(shown=("age", "phone"))
    [found] = identifiers(store.columns(), store.manifest)
    assert (found.severity, found.kind) == ("warning", "identifying-attribute")
    assert "attribute phone looks like phones" in found.message
    assert "1234567" not in found.line()


def test_cases_with_a_name_in_their_id_or_their_groups_are_found(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 4)
    store.add([stored(7, case_id="Mueller_Hans_1"), stored(8, case_id="IMG_8", group_id="Weber, Anna")])
    [found] = identifiers(store.columns(), store.manifest)
    assert (found.severity, found.kind) == ("warning", "identifying-id")
    assert found.cases == (("Mueller_Hans_1",), ("IMG_8",))
    assert "--pseudonyms" in found.message


def test_words_of_the_case_bases_own_labels_are_no_names(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    tasks = [store.manifest.tasks[0].model_copy(update={"labels": ("Erythema Migrans",)})]
    store.set_tasks(tasks)
    store.add([stored(1, case_id="Erythema_Migrans_1", labels={"location": ("Erythema Migrans",)})])
    assert list(identifiers(store.columns(), store.manifest)) == []

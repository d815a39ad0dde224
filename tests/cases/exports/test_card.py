"""The data card: what it counts, what it keeps to itself."""

from __future__ import annotations

from pathlib import Path

import yaml

from dermtools.cases import CaseStore, Choice, Extract, SourceNote
from dermtools.cases.exports.card import card
from dermtools.cases.exports.writing import write_export
from tests.support.stored_cases import new_store, stored


def extract(store: CaseStore, **choice: object) -> Extract:
    return Extract(store.path, store.current_manifest(), store.columns(), range(len(store)), Choice(**choice))


def test_counts_are_those_of_the_cases(tmp_path: Path) -> None:
    text = card(extract(new_store(tmp_path / "base", 6)))
    assert "# Dermatology cases: 6 cases of 3 groups" in text
    assert "| train | 2 | 2 |" in text
    assert "| none | 1 | 1 |" in text
    assert "2 groups stand in two splits" in text
    assert "| hand | 0 | 1 | 1 | 0 |" in text  # train, valid, test, no split: cases 2 and 5
    assert "Cases without a known label: 2. Cases with several labels: 2." in text
    assert "Ids of cases and groups are those of the sources." in text


def test_skin_tone_is_counted_only_where_it_goes_out(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base")
    store.add([stored(n, attributes={"fitzpatrick": 5 + n % 2}) for n in range(4)])
    private = card(extract(store))
    assert "fitzpatrick is private and not counted here." in private
    assert "Attributes left out, which are private: fitzpatrick." in private
    assert "| 5 | 2 | 2 |" not in private
    assert "| 5 | 2 | 2 |" in card(extract(store, attributes=["fitzpatrick"]))


def test_licence_and_citation_go_with_the_cases(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 2)
    note = SourceNote(name="PAD", licence="CC BY 4.0", citation="Pacheco et al. 2020", url="https://example.org/pad")
    store.update_manifest(sources=(note, SourceNote(name="ours")))
    text = card(extract(store))
    assert "Licence: CC BY 4.0" in text
    assert "Citation: Pacheco et al. 2020" in text
    assert "- ours\n  - Its licence is not recorded." in text
    store.update_manifest(sources=(note,))
    write_export(extract(store, pictures=True), tmp_path / "out", "hf")
    assert "license: cc-by-4.0\n" in (tmp_path / "out/README.md").read_text(encoding="utf-8")


def test_text_of_data_is_no_markdown(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 1)
    store.update_manifest(sources=(SourceNote(name="a|b", notes=("![x](http://example.org/p)\n<b>", "2")),))
    text = card(extract(store))
    assert r"- a\|b" in text
    assert r"\!\[x\](http://example.org/p) \<b\>" in text


def test_the_operators_paths_are_not_in_it(tmp_path: Path) -> None:
    store = new_store(tmp_path / "secret-place", 1)
    store.update_manifest(embedder="onnx:/home/somebody/model.onnx", pseudonyms="abc")
    text = card(extract(store))
    assert "secret-place" not in text
    assert "somebody" not in text
    assert "Ids of cases and groups are pseudonyms" in text


def test_the_header_of_a_hugging_face_set_is_yaml(tmp_path: Path) -> None:
    store = new_store(tmp_path / "base", 3)
    write_export(extract(store, pictures=True), tmp_path / "out", "hf")
    _, header, _ = (tmp_path / "out/README.md").read_text(encoding="utf-8").split("---\n", 2)
    found = yaml.safe_load(header)
    assert found["size_categories"] == ["n<1K"]
    assert [one["split"] for one in found["configs"][0]["data_files"]] == ["train", "validation", "test"]

"""The manifest is read back as written, and everything else is refused with a line that says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.cases.case import SourceData, Task
from dermtools.cases.identity import EmbedderIdentity
from dermtools.cases.manifest import FORMAT_VERSION, MANIFEST_NAME, Manifest, SourceNote, read_manifest, write_manifest
from dermtools.errors import CaseBaseError

IDENTITY = EmbedderIdentity(name="colour", revision="1", preprocessing="none", dimension=4, normalized=False)


def manifest(**changes: object) -> Manifest:
    return Manifest(embedder="colour", identity=IDENTITY, **changes)


def refusal(folder: Path) -> str:
    with pytest.raises(CaseBaseError) as caught:
        read_manifest(folder)
    message = str(caught.value)
    assert "\n" not in message
    assert str(folder) in message
    return message


def test_it_is_read_back_as_written(tmp_path: Path) -> None:
    written = manifest(
        tasks=(Task(name="location", question="Where?", labels=("hand", "ohr – ü")),),
        sources=(SourceNote(name="drawn", notes=("drawn by program", "CC-BY-4.0")),),
    )
    write_manifest(tmp_path, written)
    assert read_manifest(tmp_path) == written
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST_NAME]


def test_what_a_source_is_owed_is_kept_with_it() -> None:
    data = SourceData("set", (), (), notes=("drawn",), licence="CC0", citation="A 2020", url="https://a.example")
    note = SourceNote(name="set", notes=("drawn",), licence="CC0", citation="A 2020", url="https://a.example")
    assert SourceNote.of(data) == note


def test_a_missing_folder_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    assert "dermtools ingest" in refusal(tmp_path / "nothing")


def test_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "base"
    file.write_text("x")
    assert "is a file" in refusal(file)


def test_a_folder_without_a_manifest_is_not_a_case_base(tmp_path: Path) -> None:
    assert f"no {MANIFEST_NAME}" in refusal(tmp_path)


@pytest.mark.parametrize("content", ["", "{", '{"format_version": 1', "[" * 100_000])
def test_broken_json_is_damage(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(content)
    assert "damaged" in refusal(tmp_path)


@pytest.mark.parametrize("content", ["[]", "3", '{"name": "another program"}', '{"format_version": "1"}'])
def test_foreign_json_is_no_manifest(tmp_path: Path, content: str) -> None:
    (tmp_path / MANIFEST_NAME).write_text(content)
    assert "format_version" in refusal(tmp_path)


def test_a_newer_format_says_how_to_upgrade(tmp_path: Path) -> None:
    (tmp_path / MANIFEST_NAME).write_text(json.dumps({"format_version": FORMAT_VERSION + 1, "new": True}))
    message = refusal(tmp_path)
    assert f"format {FORMAT_VERSION + 1}" in message
    assert "pip install -U dermtools" in message


@pytest.mark.parametrize(
    ("key", "value"), [("identity", {}), ("tasks", [{"name": "1"}]), ("embedder", 3), ("picture_side", 0), ("odd", 1)]
)
def test_a_wrong_field_is_named(tmp_path: Path, key: str, value: object) -> None:
    content = manifest().model_dump(mode="json") | {key: value}
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(content))
    assert f"damaged at {key}" in refusal(tmp_path)


@given(st.binary(max_size=200))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("base")
    (folder / MANIFEST_NAME).write_bytes(content)
    refusal(folder)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(CaseBaseError, match="cannot be written"):
        write_manifest(tmp_path / "nothing", manifest())

"""Addresses of case bases on an object store."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from dermtools.addresses import Address, case_base_place
from dermtools.errors import CaseBaseError


@pytest.mark.parametrize("text", ["s3://bucket/base", "gs://bucket/a/base", "az://container/my-cases_2"])
def test_an_address_reads_as_it_was_typed(text: str) -> None:
    place = case_base_place(text)
    assert isinstance(place, Address)
    assert str(place) == f"{place}" == text
    assert str(case_base_place(Path(text))) == text
    assert str(case_base_place(f"{text}/")) == text
    assert str(pickle.loads(pickle.dumps(place))) == text  # noqa: S301 - our own bytes
    assert str(place / "cases.lance") == f"{text}/cases.lance"
    assert place.absolute() == place.resolve() == case_base_place(place) == place
    assert place.name == text.rpartition("/")[2]


@pytest.mark.parametrize(
    "secret", ["s3://AKIA:hunter2@bucket/base", "s3://bucket/base?token=hunter2", "az://c/base#hunter2"]
)
def test_credentials_in_an_address_are_refused_and_not_repeated(secret: str) -> None:
    with pytest.raises(CaseBaseError, match="by the environment") as refused:
        case_base_place(secret)
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("text", ["s3://bucket", "s3://bucket/", "gs://bucket/../x", "s3://bucket/a\nb"])
def test_an_address_names_a_folder_in_a_bucket(text: str) -> None:
    with pytest.raises(CaseBaseError, match="BUCKET/NAME"):
        case_base_place(text)


def test_other_addresses_are_refused_and_paths_are_paths(tmp_path: Path) -> None:
    with pytest.raises(CaseBaseError, match="https://"):
        case_base_place("https://example.org/base")
    assert case_base_place(tmp_path) == tmp_path
    assert not isinstance(case_base_place(tmp_path), Address)


def test_what_takes_it_for_a_file_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    place = case_base_place("s3://bucket/base")
    for use in (place.exists, place.stat, place.is_dir, lambda: place.mkdir(parents=True), place.read_bytes):
        with pytest.raises(CaseBaseError, match="not offered for a case base on an object store"):
            use()
    assert not list(tmp_path.iterdir())

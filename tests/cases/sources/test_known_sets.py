"""Promises of `dermtools.cases.sources.known_sets`."""

from __future__ import annotations

from pathlib import Path

import pytest

from dermtools.cases.sources.known_sets import HAM10000, ISIC, KNOWN_SETS, chosen_set, known_set
from dermtools.errors import SourceError
from dermtools.text import name_key


@pytest.mark.parametrize("known", KNOWN_SETS, ids=lambda known: known.kind)
def test_each_set_is_known_by_its_own_columns_and_states_what_is_owed_to_it(known):
    assert known_set({name_key(name) for name in known.columns}) is known
    assert chosen_set(Path("x.csv"), [name.upper() for name in known.columns], None) is known
    assert known.licence
    assert known.citation
    assert known.url.startswith("https://")


def test_a_set_that_is_named_must_have_its_columns():
    assert chosen_set(Path("x.csv"), HAM10000.columns, "table") is None
    assert chosen_set(Path("x.csv"), HAM10000.columns, "ham10000") is HAM10000
    with pytest.raises(SourceError, match="not ISIC archive: it has no column isic_id"):
        chosen_set(Path("x.csv"), HAM10000.columns, "isic")


def test_licences_and_names_that_each_picture_states_are_counted():
    rows = [
        {"isic_id": "1", "copyright_license": "CC-BY-NC", "attribution": "Hospital A"},
        {"isic_id": "2", "copyright_license": "CC-0", "attribution": "Hospital A"},
        {"isic_id": "3", "copyright_license": "CC-BY-NC", "attribution": None},
    ]
    found = ISIC.provenance(rows)
    assert found["licence"] == "by picture: CC-BY-NC (2), CC-0 (1)"
    assert found["citation"].endswith("Pictures by: Hospital A (2)")
    assert ISIC.provenance([{"isic_id": "1"}])["licence"] == "by picture"

"""Promises of `dermtools.vocabularies`."""

from __future__ import annotations

import pytest

from dermtools.vocabularies import fitzpatrick_type, is_dark, is_fitzpatrick, records


@pytest.mark.parametrize(
    ("written", "kind"),
    [(1, 1), ("3.0", 3), (6.0, 6), ("IV", 4), ("vi", 6), ("FST5", 5), ("type II", 2), ("Skin type 1", 1), (" 2 ", 2)],
)
def test_a_fitzpatrick_type_is_read_however_it_is_written(written, kind):
    assert fitzpatrick_type(written) == kind
    assert is_dark(str(written)) == (kind >= 5)


@pytest.mark.parametrize("written", [-1, 0, 7, "2.5", "", None, "VII", "I-II", "nan", True])
def test_what_is_no_type_is_unknown(written):
    assert fitzpatrick_type(written) is None
    assert not is_dark(str(written))


@pytest.mark.parametrize("name", ["fitspatrick", "fitzpatrick_scale", "fitzpatrick_skin_type", "Phototype"])
def test_skin_types_are_known_by_the_names_that_data_sets_give_them(name):
    assert records("skin type", name)
    assert is_fitzpatrick(name)

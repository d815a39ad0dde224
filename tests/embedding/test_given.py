"""An embedder of which only the name is known: its vectors are compared, nothing is embedded."""

from __future__ import annotations

import pytest

from dermtools.embedding import UnavailableError, load_embedder
from dermtools.embedding.given import GivenVectors, stands_for
from dermtools.errors import EmbeddingError
from tests.support.mean_colour import MeanColour


def test_its_spec_makes_it_again():
    given = GivenVectors("hf:org/model", 512, normalized=True)
    again = load_embedder(given.spec)
    assert again.identity == given.identity
    assert (again.dimension, again.identity.name, again.identity.normalized) == (512, "hf:org/model", True)


def test_a_picture_is_one_line_that_says_what_to_do():
    with pytest.raises(UnavailableError, match=r"\A[^\n]*medimageinsight[^\n]*--embedder SPEC[^\n]*--case ID[^\n]*\Z"):
        GivenVectors("medimageinsight", 4, normalized=False).embed_images([])


@pytest.mark.parametrize("name", ["", "a?b", "two words", "a\nb"])
def test_a_name_that_cannot_be_kept_is_refused(name):
    with pytest.raises(EmbeddingError, match="cannot be kept"):
        GivenVectors(name, 4, normalized=False)


def test_it_stands_for_the_embedder_of_its_name_dimension_and_norm():
    mean = MeanColour()
    assert stands_for(GivenVectors("mean-colour", 3, normalized=False).identity, mean.identity, mean.spec)
    for other in (("mean", 3, False), ("mean-colour", 4, False), ("mean-colour", 3, True)):
        given = GivenVectors(*other[:2], normalized=other[2]).identity
        assert not stands_for(given, mean.identity, mean.spec)
    assert not stands_for(mean.identity, mean.identity, mean.spec)

"""Vectors that were computed elsewhere: what is known of the embedder that made them is its name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NoReturn

from pydantic import Field

from dermtools.cases.identity import EmbedderIdentity
from dermtools.embedding.base import UnavailableError
from dermtools.embedding.options import Options
from dermtools.errors import EmbeddingError

if TYPE_CHECKING:
    from PIL import Image

KIND = "given"
GIVEN = "given"
"""Revision and preprocessing of an embedder of which nothing but its name is known."""


class GivenOptions(Options):
    """Options of the kind `given`."""

    dimension: int = Field(gt=0)
    normalized: bool = False


class GivenVectors:
    """Stands for an embedder that is not here: its vectors are compared, and no picture can be embedded.

    `dimension` and `identity` are those of the vectors, `spec` is the string that names it again; `image_side` is 1,
    since it sees no picture.
    """

    image_side = 1

    def __init__(self, name: str, dimension: int, *, normalized: bool) -> None:
        """`name` as the vectors' maker calls the model; an EmbeddingError where a spec string could not hold it."""
        if not name or any(char in "?&" or not char.isprintable() or char.isspace() for char in name):
            raise EmbeddingError(
                f"the name {name!r} cannot be kept; name the embedder in one word, such as medimageinsight"
            )
        self.dimension = dimension
        self.identity = EmbedderIdentity(
            name=name, revision=GIVEN, preprocessing=GIVEN, dimension=dimension, normalized=normalized
        )
        self.spec = f"{KIND}:{name}?dimension={dimension}&normalized={str(normalized).lower()}"

    def test_once(self) -> None:
        """Nothing can be tested."""

    def embed_images(self, images: Sequence[Image.Image]) -> NoReturn:
        """Raises UnavailableError: it needs the embedder itself."""
        raise UnavailableError(
            f"the vectors were given as those of {self.identity.name}, which is not here: a picture needs it "
            "(--embedder SPEC; in Python CaseBase.open(..., embedder=...)); ask by --case ID, or by a vector"
        )


def load(rest: str, **options: object) -> GivenVectors:
    """Loader of the kind `given`: `rest` is the name, `options` are fields of `GivenOptions`."""
    settings = GivenOptions.read(options, where=KIND)
    return GivenVectors(rest, settings.dimension, normalized=settings.normalized)


def stands_for(given: EmbedderIdentity, identity: EmbedderIdentity, spec: str) -> bool:
    """Whether vectors of which only a name was given may be those of this embedder: name, dimension and norm agree."""
    names = (identity.name, spec, spec.partition("?")[0])
    same = (given.dimension, given.normalized) == (identity.dimension, identity.normalized)
    return given.revision == GIVEN and same and given.name in names

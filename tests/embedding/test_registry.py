from __future__ import annotations

import importlib.metadata
import sys
from pathlib import Path

import numpy as np
import pytest

from dermtools.embedding import Embedder, load_embedder, registered
from dermtools.errors import EmbeddingError

PLUGIN = """
import numpy as np
from dermtools.embedding import EmbedderIdentity

class Grey:
    spec = "grey"
    image_side = 8
    dimension = 64

    def __init__(self, options):
        self.options = options
        self.identity = EmbedderIdentity(
            name="grey", revision="1", preprocessing="8x8", dimension=64, normalized=False
        )

    def embed_images(self, images):
        return np.array([np.asarray(i.convert("L").resize((8, 8)), np.float32).ravel() for i in images])

def load(rest, **options):
    return Grey({"rest": rest, **options})

def not_an_embedder(rest, **options):
    return object()
"""


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed package that adds embedders of its own, some of them broken."""
    (tmp_path / "greyish.py").write_text(PLUGIN)
    (tmp_path / "brokenish.py").write_text("import a_module_that_is_not_there")
    info = tmp_path / "greyish-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: greyish\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[dermtools.embedders]\ngrey = greyish:load\nobject = greyish:not_an_embedder\n"
        "broken = brokenish:load\nnameless = greyish:nothing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    sys.modules.pop("greyish", None)


def test_built_in_kinds_are_registered():
    assert {"descriptor", "onnx", "hf", "medimageinsight"} <= set(registered())
    assert registered()["descriptor"] == "dermtools.embedding.descriptor:load"


def test_unknown_kind_is_an_error_that_lists_the_kinds():
    with pytest.raises(
        EmbeddingError, match=r"'resnet'; there are: descriptor, efficientnet-lite0, given, hf, medimageinsight"
    ):
        load_embedder("resnet")


def test_unknown_kind_lists_those_of_other_packages_too(plugin):
    with pytest.raises(
        EmbeddingError, match=r"broken, descriptor, efficientnet-lite0, given, grey, hf, medimageinsight, nameless"
    ):
        load_embedder("resnet")


def test_built_in_kind_is_found_without_looking_through_installed_packages(monkeypatch):
    def scan(**_: object) -> None:
        raise AssertionError("the metadata of installed packages was read")

    monkeypatch.setattr(importlib.metadata, "entry_points", scan)
    assert load_embedder("descriptor").identity.name == "descriptor"


def test_other_packages_add_kinds_by_entry_point(plugin, pictures):
    embedder = load_embedder("grey:some/thing?a=1&b=x", b=2)
    assert isinstance(embedder, Embedder)
    assert embedder.options == {"rest": "some/thing", "a": "1", "b": 2}
    assert embedder.embed_images(pictures[:2]).dtype == np.float32


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("broken", "cannot be imported: ModuleNotFoundError: No module named 'a_module_that_is_not_there'"),
        ("nameless", "cannot be imported: AttributeError"),
        ("object", "did not return an Embedder"),
    ],
)
def test_plugin_that_does_not_work_is_an_error_of_one_line(plugin, kind, message):
    with pytest.raises(EmbeddingError, match=message) as caught:
        load_embedder(kind)
    assert kind in str(caught.value)
    assert "\n" not in str(caught.value)


def test_broken_plugin_leaves_the_others_usable(plugin):
    assert load_embedder("descriptor").identity.name == "descriptor"

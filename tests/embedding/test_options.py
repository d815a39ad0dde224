from __future__ import annotations

from typing import ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dermtools.embedding.options import CommaSeparatedFloats, Options, split_spec
from dermtools.errors import EmbeddingError


class Example(Options):
    runtime: ClassVar[frozenset[str]] = frozenset({"threads"})

    flag: bool = True
    mean: CommaSeparatedFloats = ()
    folder: str = ""
    threads: int = 1


@pytest.mark.parametrize(
    ("spec", "parts"),
    [
        ("descriptor", ("descriptor", "", {})),
        ("onnx:/m/a.onnx?threads=2&normalize=false", ("onnx", "/m/a.onnx", {"threads": "2", "normalize": "false"})),
        ("onnx:C:\\m.onnx", ("onnx", "C:\\m.onnx", {})),
        ("medimageinsight:https://h/score?deployment=b", ("medimageinsight", "https://h/score", {"deployment": "b"})),
        ("medimageinsight?revision=2", ("medimageinsight", "", {"revision": "2"})),
        ("hf:owner/model?", ("hf", "owner/model", {})),
    ],
)
def test_spec_splits_into_kind_rest_and_options(spec, parts):
    assert split_spec(spec) == parts


@pytest.mark.parametrize("spec", ["", ":m.onnx", "?a=1", "onnx:m?threads", "onnx:m?a=1&a=2"])
def test_spec_that_says_nothing_clear_is_an_error_of_one_line(spec):
    with pytest.raises(EmbeddingError) as caught:
        split_spec(spec)
    assert "\n" not in str(caught.value)


def test_strings_become_typed_values():
    read = Example.read({"flag": "false", "mean": "1,2.5", "threads": "3"}, where="x")
    assert (read.flag, read.mean, read.threads) == (False, (1.0, 2.5), 3)


def test_unknown_option_is_an_error_that_lists_the_options():
    with pytest.raises(EmbeddingError, match="onnx: unknown option 'thread'; options are: flag, folder, mean, threads"):
        Example.read({"thread": 1}, where="onnx")


@pytest.mark.parametrize("bad", [{"flag": "perhaps"}, {"mean": "1,x"}, {"threads": "2.5"}, {"threads": None}])
def test_bad_value_is_an_error_that_names_the_option(bad):
    with pytest.raises(EmbeddingError, match=f"onnx: option '{next(iter(bad))}': ") as caught:
        Example.read(bad, where="onnx")
    assert "\n" not in str(caught.value)


@given(
    flag=st.booleans(),
    mean=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=3),
    folder=st.text(max_size=20),
)
@settings(max_examples=60, deadline=None)
def test_written_spec_reads_back_as_the_same_options(flag, mean, folder):
    given_options = {"flag": flag, "mean": mean, "folder": folder, "threads": 4}
    spec = Example.spec("onnx", "/a b/m.onnx", given_options)
    kind, rest, options = split_spec(spec)
    read = Example.read(options, where="x")
    assert (kind, rest) == ("onnx", "/a b/m.onnx")
    assert (read.flag, read.mean, read.folder) == (flag, tuple(mean), folder)
    assert "threads" not in options

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from dermtools.embedding import load_embedder
from dermtools.errors import EmbeddingError
from tests.support import tiny_onnx

HALVES = {"scale": 0.0078125, "mean": [1, 1, 1], "std": [1, 1, 1]}


def flat(*colour: int) -> Image.Image:
    return Image.new("RGB", (50, 40), colour)


def test_without_settings_pixels_are_prepared_as_for_imagenet(means):
    embedder = load_embedder(f"onnx:{means}?normalize=false")
    expected = (np.array([255, 128, 0]) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(embedder.embed_images([flat(255, 128, 0)])[0], expected, rtol=1e-5)
    assert "imagenet" in embedder.identity.preprocessing


def test_settings_are_read_from_the_json_beside_the_model(means):
    means.with_suffix(".json").write_text(json.dumps({**HALVES, "normalize": False}))
    vector = load_embedder(f"onnx:{means}").embed_images([flat(0, 128, 192)])[0]
    np.testing.assert_array_equal(vector, [-1, 0, 0.5])


def test_option_wins_over_json_and_json_over_the_default(means):
    means.with_suffix(".json").write_text(json.dumps({**HALVES, "normalize": False, "channels": "BGR"}))
    vector = load_embedder(f"onnx:{means}?scale=1&mean=0,0,0").embed_images([flat(1, 2, 3)])[0]
    np.testing.assert_array_equal(vector, [3, 2, 1])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ("NominalRange_0_255", [51, 0, 255]),
        ("NominalRange_16_235", [59.8, 16, 235]),
        ("Normalized_0_1", [0.2, 0, 1]),
        ("Normalized_1_1", [-0.6, -1, 1]),
    ],
)
def test_pixel_range_and_order_are_read_from_the_models_metadata(tmp_path, values, expected):
    metadata = {"Image.BitmapPixelFormat": "Bgr8", "Image.NominalPixelRange": values}
    embedder = load_embedder(f"onnx:{tiny_onnx.write(tmp_path / 'm.onnx', metadata=metadata)}?normalize=false")
    np.testing.assert_allclose(embedder.embed_images([flat(51, 0, 255)])[0], expected[::-1], rtol=1e-5, atol=1e-6)


def test_size_is_read_off_the_models_input_as_height_and_width(tmp_path):
    model = tiny_onnx.write(tmp_path / "rows.onnx", tiny_onnx.node("ReduceMean", ["x"], "y", axes=[1, 3], keepdims=0))
    embedder = load_embedder(f"onnx:{model}")
    assert embedder.dimension == 4
    assert embedder.image_side == 6
    assert embedder.identity.preprocessing.startswith("4x6-stretch-bicubic-")


def test_channels_last_is_seen_from_the_models_input(tmp_path):
    model = tiny_onnx.write(
        tmp_path / "m.onnx", tiny_onnx.node("ReduceMean", ["x"], "y", axes=[1, 2], keepdims=0), shape=("n", 4, 6, 3)
    )
    embedder = load_embedder(f"onnx:{model}?normalize=false&scale=1&mean=0,0,0&std=1,1,1")
    np.testing.assert_allclose(embedder.embed_images([flat(7, 8, 9)])[0], [7, 8, 9])


def test_size_may_be_given_where_the_model_leaves_it_open(tmp_path):
    model = tiny_onnx.write(tmp_path / "m.onnx", shape=("n", 3, "h", "w"))
    with pytest.raises(EmbeddingError, match="any size; say which with size=HEIGHT,WIDTH"):
        load_embedder(f"onnx:{model}")
    assert load_embedder(f"onnx:{model}?size=16").image_side == 16
    assert load_embedder(f"onnx:{model}?size=16,24").identity.preprocessing.startswith("16x24-")


def test_one_of_several_outputs_has_to_be_picked(tmp_path):
    nodes = tiny_onnx.node("GlobalAveragePool", ["x"], "y"), tiny_onnx.node("Flatten", ["x"], "z")
    model = tiny_onnx.write(tmp_path / "m.onnx", *nodes, outputs=["y", "z"])
    with pytest.raises(EmbeddingError, match="several outputs: 'y', 'z'; pick one with output=NAME"):
        load_embedder(f"onnx:{model}")
    with pytest.raises(EmbeddingError, match="no output 'q'"):
        load_embedder(f"onnx:{model}?output=q")
    assert load_embedder(f"onnx:{model}?output=z").dimension == 72
    assert load_embedder(f"onnx:{model}?output=y").dimension == 3


def test_center_is_subtracted_before_normalising(means, tmp_path):
    np.save(tmp_path / "centre.npy", np.array([10, 20, 30.0]))
    plain = "scale=1&mean=0,0,0&std=1,1,1"
    embedder = load_embedder(f"onnx:{means}?{plain}&center={tmp_path / 'centre.npy'}")
    np.testing.assert_allclose(embedder.embed_images([flat(13, 24, 30)])[0], [0.6, 0.8, 0], atol=1e-6)
    without = load_embedder(f"onnx:{means}?{plain}")
    assert embedder.identity.preprocessing != without.identity.preprocessing


def test_center_in_the_json_lies_relative_to_the_model(means, tmp_path, monkeypatch):
    np.save(tmp_path / "centre.npy", np.array([10, 20, 30.0]))
    means.with_suffix(".json").write_text('{"center": "centre.npy"}')
    monkeypatch.chdir("/")
    assert load_embedder(f"onnx:{means}").dimension == 3


@pytest.mark.parametrize("content", ["missing", "pickle", "size", "text"])
def test_unusable_center_is_an_error_of_one_line(means, tmp_path, content):
    centre = tmp_path / "centre.npy"
    if content == "pickle":
        np.save(centre, np.array([{}], dtype=object), allow_pickle=True)
    elif content == "size":
        np.save(centre, np.zeros(4))
    elif content == "text":
        centre.write_text("1,2,3")
    with pytest.raises(EmbeddingError, match="centre") as caught:
        load_embedder(f"onnx:{means}?center={centre}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"sise": 224}', r"means\.json: unknown option 'sise'; options are: batch_size, center"),
        ('{"std": [1, 1]}', "option 'std': needs three numbers"),
        ('{"std": [1, 0, 1]}', "option 'std': must not be 0"),
        ('{"size": [1, 2, 3]}', "option 'size': size is HEIGHT,WIDTH"),
        ('{"size": 5}', "does not fit its input"),
        ('{"resize": "squeeze"}', "option 'resize'"),
        ("[]", "one JSON object"),
        ("{", "is not JSON"),
    ],
)
def test_wrong_json_is_an_error_of_one_line(means, text, message):
    means.with_suffix(".json").write_text(text)
    with pytest.raises(EmbeddingError, match=message) as caught:
        load_embedder(f"onnx:{means}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("shape", "message"),
    [(("n", 12), "not a batch of pictures"), (("n", 1, 4, 6), "three channels"), ((8, 3, 4, 6), "exactly 8 pictures")],
)
def test_model_that_does_not_take_pictures_is_an_error(tmp_path, shape, message):
    model = tiny_onnx.write(tmp_path / "m.onnx", tiny_onnx.node("Relu", ["x"], "y"), shape=shape)
    with pytest.raises(EmbeddingError, match=message):
        load_embedder(f"onnx:{model}")


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("element", ["uint8", "uint16", "int16", "int32", "int64"])
def test_input_of_whole_numbers_gets_the_pixels_as_they_are(tmp_path, element, channels_last):
    model = tiny_onnx.write_typed(tmp_path / "m.onnx", element, channels_last=channels_last)
    vectors = load_embedder(f"onnx:{model}?normalize=false").embed_images([flat(20, 250, 0), flat(255, 128, 7)])
    np.testing.assert_array_equal(vectors, [[20, 250, 0], [255, 128, 7]])


@pytest.mark.parametrize("element", ["float16", "double"])
def test_input_of_other_fractions_is_prepared_as_for_imagenet(tmp_path, element):
    model = tiny_onnx.write_typed(tmp_path / "m.onnx", element)
    expected = (np.array([255, 128, 0]) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    vector = load_embedder(f"onnx:{model}?normalize=false").embed_images([flat(255, 128, 0)])[0]
    np.testing.assert_allclose(vector, expected, rtol=1e-3)


def test_whole_numbers_may_be_shifted_and_reordered(tmp_path):
    model = tiny_onnx.write_typed(tmp_path / "m.onnx", "int8")
    spec = f"onnx:{model}?normalize=false&mean=128,127,126&channels=BGR"
    with pytest.raises(EmbeddingError, match=r"numbers from -128 to 129 of the pixels, beyond int8"):
        load_embedder(spec)
    vector = load_embedder(spec.replace("127,126", "128,128")).embed_images([flat(0, 20, 255)])[0]
    np.testing.assert_array_equal(vector, [127, -108, -128])


def test_rounding_makes_no_fraction(tmp_path):
    model = tiny_onnx.write_typed(tmp_path / "m.onnx", "uint8")
    spec = f"onnx:{model}?normalize=false&scale={1 / 255}&mean=0,0,0&std={1 / 255},{1 / 255},{1 / 255}"
    colours = [[value, 255 - value, value // 2] for value in range(256)]
    vectors = load_embedder(spec).embed_images([flat(*colour) for colour in colours])
    np.testing.assert_array_equal(vectors, colours)


@pytest.mark.parametrize(
    "settings", ["mean=0.485,0.456,0.406&std=0.229,0.224,0.225&scale=0.00392", "scale=0.5", "std=2,1,1", "mean=0,0.5,0"]
)
def test_fractions_for_an_input_of_whole_numbers_are_refused(tmp_path, settings):
    model = tiny_onnx.write_typed(tmp_path / "m.onnx", "uint8")
    with pytest.raises(EmbeddingError, match=r"takes whole numbers \(uint8\), .* make fractions .* e.g. scale=1&"):
        load_embedder(f"onnx:{model}?{settings}")


def test_models_own_metadata_that_makes_fractions_is_refused_too(tmp_path):
    metadata = {"Image.NominalPixelRange": "Normalized_0_1"}
    model = tiny_onnx.write_typed(tmp_path / "m.onnx", "uint8", metadata=metadata)
    with pytest.raises(EmbeddingError, match="make fractions"):
        load_embedder(f"onnx:{model}")


@pytest.mark.parametrize("settings", ["mean=1,1,1", "scale=2", "scale=-1"])
def test_whole_numbers_beyond_the_inputs_type_are_refused(tmp_path, settings):
    model = tiny_onnx.write_typed(tmp_path / "m.onnx", "uint8")
    with pytest.raises(EmbeddingError, match=r"beyond uint8"):
        load_embedder(f"onnx:{model}?{settings}")


def test_input_that_holds_no_pixels_is_refused(tmp_path):
    with pytest.raises(EmbeddingError, match=r"input 'x' is tensor\(bool\), not a picture's pixels"):
        load_embedder(f"onnx:{tiny_onnx.write_typed(tmp_path / 'm.onnx', 'bool')}")

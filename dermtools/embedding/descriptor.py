"""`descriptor`: the built-in embedder: colour, texture and shape, without weights or downloads.

A weak but honest baseline with the same vector on every machine, up to rounding. Six blocks of a picture reduced
to 128 x 128 pixels, in CIE L*a*b*; all but the last are relative to the picture's median colour, which takes out
much of the lighting and the camera:

1. joint a*b* histogram, 8 x 8 (Swain & Ballard, "Color indexing", IJCV 1991; opponent colours);
2. mean and standard deviation of L*, a*, b* on a 3 x 3 grid (Stricker & Orengo, "Similarity of color
   images", SPIE 1995; grid as in Lazebnik et al., "Beyond bags of features", CVPR 2006);
3. local binary patterns of L* at radius 2, the 58 uniform ones and the rest (Ojala, Pietikäinen & Mäenpää, TPAMI
   2002), with a dead zone against sensor noise (Tan & Triggs, TIP 2010);
4. gradient orientation histograms on a 4 x 4 grid (Dalal & Triggs, "Histograms of oriented gradients for
   human detection", CVPR 2005), normalised over the whole picture;
5. mean and standard deviation of the gradient over five octaves: how rough the skin is at which scale;
6. mean and standard deviation of the absolute colour.

Histograms enter as square roots (Arandjelović & Zisserman, CVPR 2012). Every block has norm 1, then its weight,
then the whole has norm 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from dermtools.embedding.base import EmbedderIdentity
from dermtools.embedding.options import Options
from dermtools.embedding.pixels import fit
from dermtools.embedding.vectors import finished_rows, l2_normalize
from dermtools.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

REVISION = "1"
"""Bump by hand whenever a picture's vector changes: stored vectors are comparable only within a revision."""

SIDE = 128
"""Side in pixels of the square that the features are read from."""

DIMENSION = 64 + 54 + 59 + 144 + 10 + 6

_WEIGHTS = (1.0, 0.5, 1.0, 0.5, 0.5, 0.25)
"""Chosen on the training and validation splits of PAD-UFES-20 by cross-validation over patients."""

_GRADIENT_OCTAVES = 5
_NOISE_MARGIN = 2.0
"""Difference in L* (0-100) below which two pixels count as equally bright."""


class DescriptorEmbedder:
    """Colour, texture and shape of a picture as one vector of norm 1; deterministic."""

    spec = "descriptor"
    dimension = DIMENSION
    image_side = SIDE
    identity = EmbedderIdentity(
        name="descriptor",
        revision=REVISION,
        preprocessing=f"{SIDE}x{SIDE}-stretch-bicubic-lab",
        dimension=DIMENSION,
        normalized=True,
    )

    def embed_images(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Embed RGB pictures: float32, shape (n, 337), norm 1."""
        rows = [_features(image) for image in images]
        return finished_rows(np.array(rows).reshape(len(rows), DIMENSION), normalize=True)


def load(rest: str, **options: object) -> DescriptorEmbedder:
    """Loader of the kind `descriptor`. Raises EmbeddingError where it is given a rest or an option."""
    if rest:
        raise EmbeddingError(f"descriptor: takes no name, got {rest!r}; write `descriptor`")
    Options.read(options, where="descriptor")
    return DescriptorEmbedder()


def _features(image: Image.Image) -> Floats:
    lab = _lab(fit(image, (SIDE, SIDE), mode="stretch", resample="bicubic"))
    # Mean about that of skin, in units of its spread.
    colour_mean = (lab.mean(axis=(0, 1)) - (60, 15, 15)) / (20, 10, 10)
    relative = lab - np.median(lab, axis=(0, 1))
    brightness = lab[..., 0]
    down, right = np.gradient(brightness)
    orientation = np.mod(np.arctan2(down, right), np.pi)  # unsigned: 0 to pi
    blocks = (
        np.sqrt(_chroma_histogram(relative[..., 1], relative[..., 2])),
        _grid_moments(relative, cells=3),
        np.sqrt(_local_binary_patterns(brightness, radius=2)),
        np.sqrt(_orientation_histograms(np.hypot(down, right), orientation, cells=4)),
        np.log1p(_roughness(brightness)),
        np.concatenate([colour_mean, lab.std(axis=(0, 1)) / 10]),
    )
    return np.concatenate([weight * l2_normalize(block) for weight, block in zip(_WEIGHTS, blocks, strict=True)])


def _lab(image: Image.Image) -> Floats:
    """CIE L*a*b* (D65) of an sRGB picture, shape (height, width, 3)."""
    linear = _linear_light()[np.asarray(image)]
    xyz = linear @ _RGB_TO_XYZ.T
    f = np.where(xyz > 216 / 24389, np.cbrt(xyz), xyz * (24389 / 27 / 116) + 16 / 116)
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


_RGB_TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) / np.array(
    [[0.9505], [1.0], [1.089]]
)


@cache
def _linear_light() -> Floats:
    """Value 0-255 of sRGB to linear light 0-1 (IEC 61966-2-1)."""
    value = np.arange(256) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def _chroma_histogram(a: Floats, b: Floats, *, bins: int = 8, span: float = 24.0) -> Floats:
    """Joint histogram of a* and b* within +-`span`; every pixel is shared out among its four nearest bins."""
    a_bin, a_part = _soft_bins(a, bins, span)
    b_bin, b_part = _soft_bins(b, bins, span)
    histogram = np.zeros(bins * bins)
    for a_step, a_weight in ((0, 1 - a_part), (1, a_part)):
        for b_step, b_weight in ((0, 1 - b_part), (1, b_part)):
            cell = (a_bin + a_step) * bins + b_bin + b_step
            histogram += np.bincount(cell, a_weight * b_weight, minlength=bins * bins)
    return histogram


def _soft_bins(values: Floats, bins: int, span: float) -> tuple[NDArray[np.intp], Floats]:
    position = np.clip((values.ravel() + span) * (bins / (2 * span)) - 0.5, 0, bins - 1)
    lower = np.minimum(position.astype(np.intp), bins - 2)
    return lower, position - lower


def _grid_moments(channels: Floats, *, cells: int) -> Floats:
    """Mean and standard deviation of every channel in every cell of a square grid."""
    step = len(channels) // cells
    grid = channels[: step * cells, : step * cells].reshape(cells, step, cells, step, -1)
    return np.concatenate([grid.mean(axis=(1, 3)).ravel(), grid.std(axis=(1, 3)).ravel()])


@cache
def _pattern_numbers() -> NDArray[np.intp]:
    """Code 0-255 of a local binary pattern to its histogram bin: 58 uniform ones, 58 for all others."""
    codes = np.arange(256)
    bits = (codes[:, None] >> np.arange(8)) & 1
    uniform = (bits != np.roll(bits, -1, axis=1)).sum(axis=1) <= 2
    numbers = np.full(256, 58)
    numbers[uniform] = np.arange(58)
    return numbers


def _local_binary_patterns(brightness: Floats, *, radius: int) -> Floats:
    r, (height, width) = radius, brightness.shape
    threshold = brightness[r:-r, r:-r] + _NOISE_MARGIN
    codes = np.zeros(threshold.shape, np.intp)
    circle = ((-r, -r), (-r, 0), (-r, r), (0, r), (r, r), (r, 0), (r, -r), (0, -r))
    for bit, (down, right) in enumerate(circle):
        neighbour = brightness[r + down : height - r + down, r + right : width - r + right]
        codes |= (neighbour >= threshold).astype(np.intp) << bit
    return np.bincount(_pattern_numbers()[codes].ravel(), minlength=59).astype(np.float64)


def _orientation_histograms(length: Floats, direction: Floats, *, cells: int, bins: int = 9) -> Floats:
    """Gradient length by direction, in every cell of a grid; shared out between the two nearest directions."""
    position = direction * (bins / np.pi)
    lower = np.floor(position)
    part = position - lower
    row = np.arange(len(length)) * cells // len(length)
    first = (row[:, None] * cells + row[None, :]) * bins
    low, high = lower.astype(np.intp) % bins, (lower.astype(np.intp) + 1) % bins
    size = cells * cells * bins
    histogram = np.zeros(size)
    for direction_bin, weight in ((low, 1 - part), (high, part)):
        histogram += np.bincount((first + direction_bin).ravel(), (length * weight).ravel(), minlength=size)
    return histogram


def _roughness(brightness: Floats) -> Floats:
    """Mean and standard deviation of the gradient's length at full size, half size, and so on."""
    moments: list[float] = []
    for _ in range(_GRADIENT_OCTAVES):
        length = np.hypot(*np.gradient(brightness))
        moments += [float(length.mean()), float(length.std())]
        half = len(brightness) // 2
        brightness = brightness.reshape(half, 2, half, 2).mean(axis=(1, 3))
    return np.array(moments)

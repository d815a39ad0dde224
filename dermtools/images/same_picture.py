"""Whether two pictures are one photograph, edited: they are laid over each other, and their details compared.

Laid over by inverse compositional alignment (Baker and Matthews 2004, "Lucas-Kanade 20 years on"), affine, coarse to
fine, from the turns (quarter turns, mirrored or not) that fit best. Details, at a scale of a few hundredths of the
picture, are what two photographs never share, however alike their shapes: two round naevi lie over each other
perfectly. They are compared tile by tile, so that a caption, a bar or black corners spoil only some of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from PIL import Image

from dermtools.images.limits import STORED
from dermtools.images.opening import open_image
from dermtools.images.picture_hash import hash_rows, picture_hash, turn_distances, turned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

SAME = 0.65
"""Likeness of two copies of one photograph at least; see `docs/evidence.md` for how it was measured."""

_SURE = 0.75
"""Likeness from which no second look is needed."""
_BACK = 0.3
"""Likeness the other way round of two copies at least, where they can be laid so."""

_COARSE, _MIDDLE, _FINE = 16, 32, 64
"""Longest sides, in pixels, at which pictures are laid over each other, and at last compared."""
_STEPS = 8
_TRIED = 2
"""Turns that are followed from the coarsest level, beside that of the nearest hash."""
_TILES = 5
"""Rows and columns of tiles."""
_AGREEING = 35
"""Percent of the tiles that agree at least so well: the others may hold captions, corners, or lie a little off."""
_COVERED = 15
"""Percent of the pixels that a caption or corners may cover."""
_LEAST_SHAPE = 0.85
"""Correlation of the whole at least; soft patterns agree here and there in details, and nowhere else."""
_LEAST_OVERLAP = 0.5
_SCALES = (0.7, 1.4)
"""Of a copy; beyond, the alignment has shrunk one picture onto a spot of the other."""
_LEAST_SQUARE = 0.9
"""Shorter by longer axis of a copy: photographs are scaled, hardly ever stretched."""
_CLIPPED = 15
"""Percent of the lightest and of the darkest levels that count as one, for the alignment."""
_NOISE = 0.5
"""Grey levels: details below are noise of the encoding, and no likeness."""
_SIGNS = [(across, down) for down in (1, -1) for across in (1, -1)]
_TURNS = np.array([[[a, 0], [0, d]] for a, d in _SIGNS] + [[[0, a], [d, 0]] for a, d in _SIGNS], dtype=np.float32)
"""Where each turn, in the order of `turned`, puts a point of the picture."""


class _Stack(NamedTuple):
    """Grey pictures of different shapes in the upper left corners of squares."""

    pixels: Floats
    """Shape (n, side, side)."""
    sizes: Floats
    """Width and height of each, shape (n, 2)."""


class _Placed(NamedTuple):
    """Where each of some warps puts the middle-based points of the query: `matrix @ point + shift`, in another."""

    which: NDArray[np.int64]
    matrix: Floats
    """Shape (m, 2, 2)."""
    shift: Floats
    """Shape (m, 2)."""

    def only(self, rows: NDArray[np.int64], scale: float) -> _Placed:
        return _Placed(self.which[rows], self.matrix[rows], self.shift[rows] * np.float32(scale))


def likeness(picture: Image.Image | bytes, others: Sequence[Image.Image | bytes]) -> NDArray[np.float64]:
    """How alike each of other pictures is to one, at its best alignment: -1 to 1, shape (n,); see `SAME`.

    Where that leaves a doubt they are laid over each other the other way round, too: two round naevi that fit one way
    do not fit the other. RGB pictures or stored JPEGs; an ImageError where one of these cannot be decoded. A picture
    without details is like no other. About 1 ms for each of the others.
    """
    found = _one_way(picture, others)
    for place in np.flatnonzero((found >= SAME) & (found < _SURE)).tolist():
        back = _one_way(others[place], [picture])[0]
        if 0 <= back < _BACK:  # below 0 nothing could be laid so, as of a picture over what was cropped from it
            found[place] = back
    return found


def _one_way(picture: Image.Image | bytes, others: Sequence[Image.Image | bytes]) -> NDArray[np.float64]:
    """Likeness of others laid over one picture."""
    if not others:
        return np.empty(0)
    one, many = _opened(picture), [_opened(other) for other in others]
    pairs = np.arange(len(many))
    start = _Placed(pairs.repeat(8), np.tile(_TURNS, (len(many), 1, 1)), np.zeros((8 * len(many), 2), np.float32))
    # What only changed colours or got a caption lies in place already, where an alignment may be drawn to the caption.
    turns = turned(hash_rows([picture_hash(one)]))[0]
    still = np.argmin(turn_distances(hash_rows(map(picture_hash, many)), turns), axis=1) + 8 * pairs

    query, stack = _soft(one, _COARSE), _stacked([_soft(other, _COARSE) for other in many])
    fit = np.argsort(-_correlation(query, stack, start).reshape(-1, 8), axis=1)[:, :_TRIED] + 8 * pairs[:, None]
    moved = _aligned(query, stack, start.only(np.column_stack([fit, still]).ravel(), 1))
    best = np.argmax(_correlation(query, stack, moved).reshape(-1, _TRIED + 1), axis=1) + (_TRIED + 1) * pairs
    query, stack = _soft(one, _MIDDLE), _stacked([_soft(other, _MIDDLE) for other in many])
    placed = (_aligned(query, stack, moved.only(best, _MIDDLE / _COARSE)), start.only(still, 1))
    shapes = [_correlation(query, stack, placing, without=_COVERED) for placing in placed]

    query, stack = _details(one), _stacked([_details(other) for other in many])
    details = [_tile_correlation(query, stack, placing.only(pairs, _FINE / _MIDDLE)) for placing in placed]
    likenesses: NDArray[np.float64] = np.where(np.stack(shapes) >= _LEAST_SHAPE, details, -1).max(axis=0)
    return likenesses


def _opened(picture: Image.Image | bytes) -> Image.Image:
    image = open_image(picture, min_side=_FINE, limits=STORED) if isinstance(picture, bytes) else picture
    return image.convert("L")


def _reduced(grey: Image.Image, side: int) -> Floats:
    """The picture with that longest side, in grey levels."""
    longest = max(grey.size)
    size = tuple(max(2, round(length * side / longest)) for length in grey.size)
    return np.asarray(grey.resize((size[0], size[1]), Image.Resampling.BOX), dtype=np.float32)


def _soft(grey: Image.Image, side: int) -> Floats:
    """Reduced and blurred; a caption's white and a corner's black are as the skin's own lights and darks."""
    levels = _reduced(grey, side)
    return _blurred(np.clip(levels, *np.percentile(levels, (_CLIPPED, 100 - _CLIPPED))), 0.7)


def _details(grey: Image.Image) -> Floats:
    """Differences of a picture from its surroundings, without the finest."""
    fine = _reduced(grey, _FINE)
    return _blurred(fine, 0.7) - _blurred(fine, 3)


def _blurred(pixels: Floats, sigma: float) -> Floats:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(pixels, sigma, mode="nearest"), dtype=np.float32)


def _stacked(pictures: Sequence[Floats]) -> _Stack:
    side = max(max(picture.shape) for picture in pictures)
    pixels = np.zeros((len(pictures), side, side), np.float32)
    for number, picture in enumerate(pictures):
        pixels[number, : picture.shape[0], : picture.shape[1]] = picture
    return _Stack(pixels, np.array([picture.shape[::-1] for picture in pictures], np.float32))


def _points(shape: tuple[int, ...]) -> Floats:
    """Where the pixels of a picture lie from its middle, x and y, shape (p, 2)."""
    rows, columns = np.indices(shape, dtype=np.float32)
    return np.stack([columns.ravel() - (shape[1] - 1) / 2, rows.ravel() - (shape[0] - 1) / 2], axis=1)


def _sampled(stack: _Stack, placed: _Placed, points: Floats) -> tuple[Floats, Floats]:
    """Values of the others below the points of the query, bilinear, and whether there are any; shape (m, p) each."""
    sizes = stack.sizes[placed.which][:, None]
    at = points @ placed.matrix.transpose(0, 2, 1) + placed.shift[:, None] + (sizes - 1) / 2
    within = (at >= 0) & (at <= sizes - 1)
    inside: Floats = (within[..., 0] & within[..., 1]).astype(np.float32)
    at = np.clip(at, 0, sizes - 1.001)
    corner = at.astype(np.int64)
    x, y = (at - corner).transpose(2, 0, 1)
    side, flat = stack.pixels.shape[1], stack.pixels.ravel()
    first = (placed.which[:, None] * side + corner[..., 1]) * side + corner[..., 0]
    upper = flat[first] * (1 - x) + flat[first + 1] * x
    lower = flat[first + side] * (1 - x) + flat[first + side + 1] * x
    return np.asarray(upper * (1 - y) + lower * y, np.float32), inside


def _centred(values: Floats, inside: Floats) -> Floats:
    """Values less their mean, where there are any, else 0."""
    mean = (values * inside).sum(axis=1) / np.maximum(inside.sum(axis=1), 1)
    return np.asarray((values - mean[:, None]) * inside, dtype=np.float32)


def _matched(a: Floats, b: Floats, inside: Floats) -> Floats:
    """Correlation of rows, shape (m,); near 0 where one of them is nearly constant."""
    a, b = _centred(a, inside), _centred(b, inside)
    noise = _NOISE**2 * inside.sum(axis=1) + 1e-6
    powers = (np.square(a).sum(axis=1) + noise) * (np.square(b).sum(axis=1) + noise)
    return np.asarray((a * b).sum(axis=1) / np.sqrt(powers), dtype=np.float32)


def _correlation(query: Floats, stack: _Stack, placed: _Placed, *, without: int = 0) -> Floats:
    """Of the whole pictures, shape (m,); without the percentage of pixels that differ most."""
    values, inside = _sampled(stack, placed, _points(query.shape))
    wanted = np.broadcast_to(query.ravel(), values.shape)
    if without:
        a, b = _centred(values, inside), _centred(wanted, inside)
        spread = np.sqrt(np.square(b).sum(axis=1) / (np.square(a).sum(axis=1) + 1e-6))
        off = np.abs(a * spread[:, None] - b)
        inside = inside * (off <= np.percentile(off, 100 - without, axis=1)[:, None])
    return _matched(values, wanted, inside)


def _aligned(query: Floats, stack: _Stack, placed: _Placed) -> _Placed:
    """The warps after some steps of alignment; brightness and contrast are made equal at each."""
    points = _points(query.shape)
    down, across = np.gradient(query)
    slopes = np.stack([across.ravel(), down.ravel()], axis=1)
    steepest = np.concatenate([(slopes[:, :, None] * points[:, None, :]).reshape(-1, 4), slopes], axis=1)
    products = (steepest[:, :, None] * steepest[:, None, :]).reshape(-1, 36)
    which, matrix, shift = placed
    for _ in range(_STEPS):
        values, inside = _sampled(stack, _Placed(which, matrix, shift), points)
        values, wanted = _centred(values, inside), _centred(np.broadcast_to(query.ravel(), values.shape), inside)
        gain = np.sqrt((np.square(wanted).sum(axis=1) + 1e-6) / (np.square(values).sum(axis=1) + 1e-6))
        error = values * gain[:, None] - wanted
        normal = (inside @ products).reshape(-1, 6, 6) + 1e-2 * np.eye(6, dtype=np.float32)
        step = np.linalg.solve(normal, (error @ steepest)[..., None])[..., 0]
        turn = np.eye(2, dtype=np.float32) + step[:, :4].reshape(-1, 2, 2)
        # A step that folds the picture comes of one without structure: it stays where it is.
        lost = ~(np.abs(np.linalg.det(turn) - 1) < 0.5)
        turn[lost], step[lost] = np.eye(2), 0
        matrix = matrix @ np.linalg.inv(turn)
        shift = shift - (matrix @ step[:, 4:, None])[..., 0]
    return _Placed(which, matrix, shift)


def _tile_correlation(query: Floats, stack: _Stack, placed: _Placed) -> NDArray[np.float64]:
    """Correlation that the agreeing tiles have at least; -1 where the warp is no copy's."""
    values, inside = _sampled(stack, placed, _points(query.shape))
    wanted = np.broadcast_to(query.ravel(), values.shape)
    rows, columns = np.indices(query.shape)
    tiles = (rows * _TILES // query.shape[0] * _TILES + columns * _TILES // query.shape[1]).ravel()
    found = np.stack(
        [_matched(values[:, t], wanted[:, t], inside[:, t]) for t in (tiles == n for n in range(_TILES**2))]
    )
    covered = np.stack([inside[:, tiles == n].mean(axis=1) for n in range(_TILES**2)]) > 0.5
    scores = np.where(covered, found, np.nan)
    axes = np.linalg.svd(placed.matrix, compute_uv=False)
    copy = (axes[:, 0] < _SCALES[1]) & (axes[:, 1] > _SCALES[0]) & (axes[:, 1] > _LEAST_SQUARE * axes[:, 0])
    copy &= covered.mean(axis=0) > _LEAST_OVERLAP
    result = np.full(len(placed.which), -1.0)
    if copy.any():
        result[copy] = np.nanpercentile(scores[:, copy], 100 - _AGREEING, axis=0)
    return result

"""Stored grey values of DICOM to what is to be seen: modality, values of interest, presentation (PS3.3 C.11)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dermtools.images.colour import scale_to_8_bit
from dermtools.images.dicom_tables import lookup_table


def grey_pixels(stored: Any, dataset: Any) -> Any:
    """8 bits, black to white, for each of the stored values of one frame, in any shape.

    * Modality (C.11.1): the table, else slope and intercept.
    * Values of interest (C.11.2): the first table, else the first window. A table ranges over as many bits as its
      entries need, 8 at least, whatever number it declares. Without both, 8 bits and less keep their range, and more
      are stretched from minimum to maximum, padding left out.
    * Presentation: inverted as `PresentationLUTShape` says, else where MONOCHROME1.

    An element that is empty counts as absent, and so do a slope or a window width of 0. A ValueError where a table is
    damaged or a number cannot be read.
    """
    modality = of_first_frame(dataset, "PixelValueTransformationSequence")
    interest = of_first_frame(dataset, "FrameVOILUTSequence")
    little_endian = dataset.original_encoding[1]
    modality_table = lookup_table(modality, "ModalityLUTSequence", little_endian)
    slope = next((value for value in _numbers(modality, "RescaleSlope") if value), 1.0)
    intercept = next(iter(_numbers(modality, "RescaleIntercept")), 0.0)
    values = modality_table(stored) if modality_table else stored * slope + intercept
    table = lookup_table(interest, "VOILUTSequence", little_endian)
    window = _window(interest)
    if table:
        bits = max(8, int(table.entries.max()).bit_length())
        pixels = scale_to_8_bit(table(values), 0.0, 2.0**bits - 1)
    elif window:
        pixels = scale_to_8_bit(_windowed(values, *window, str(interest.get("VOILUTFunction")).upper()), 0.0, 1.0)
    elif stored.dtype.kind in "iu" and dataset.BitsStored <= 8 and not modality_table:
        ends = np.array([0, 2**dataset.BitsStored - 1]) - (2**dataset.BitsStored // 2) * dataset.PixelRepresentation
        pixels = scale_to_8_bit(values, *sorted(float(end) for end in ends * slope + intercept))
    else:
        shown = values[np.isfinite(values) & ~_is_padding(stored, dataset)]
        shown = shown if shown.size else np.nan_to_num(values)
        pixels = scale_to_8_bit(values, float(shown.min()), float(shown.max()))
    shape = str(dataset.get("PresentationLUTShape"))
    if shape not in {"IDENTITY", "INVERSE"}:
        shape = "INVERSE" if dataset.PhotometricInterpretation == "MONOCHROME1" else "IDENTITY"
    return 255 - pixels if shape == "INVERSE" else pixels


def of_first_frame(dataset: Any, macro: str) -> Any:
    """Where an enhanced multi-frame file states `macro` for its first frame or for all; else `dataset` itself."""
    for groups in ("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence"):
        for group in (dataset.get(groups) or ())[:1]:
            if group.get(macro):
                return group[macro][0]
    return dataset


def _numbers(dataset: Any, keyword: str) -> list[float]:
    """Values of an element, NaN for an empty one among others; none where it is absent or empty."""
    try:
        stated = dataset.get(keyword)
        values: Any = [] if stated is None or stated == "" else np.atleast_1d(np.asarray(stated, dtype=object))
        return [math.nan if value in {None, ""} else float(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(f"{keyword} is no number: {error}") from error


def _window(dataset: Any) -> tuple[float, float] | None:
    """Centre and width of the first window that has both."""
    windows = zip(_numbers(dataset, "WindowCenter"), _numbers(dataset, "WindowWidth"), strict=False)
    return next(((centre, width) for centre, width in windows if math.isfinite(centre + width) and width > 0), None)


def _windowed(values: Any, centre: float, width: float, function: str) -> Any:
    """0 to 1 as C.11.2.1.2 and C.11.2.1.3 say; LINEAR, which cannot be narrower than 1, is then LINEAR_EXACT."""
    if function == "SIGMOID":
        return (1 + np.tanh(2 * (values - centre) / width)) / 2
    if function != "LINEAR_EXACT" and width >= 1:
        centre, width = centre - 0.5, width - 1
    return np.clip((values - centre) / width + 0.5, 0, 1) if width else (values > centre).astype(np.float64)


def _is_padding(stored: Any, dataset: Any) -> Any:
    """Which pixels only fill the rectangle (C.7.5.1.1.2): those of one value, or of a range of them."""
    limits = [*_numbers(dataset, "PixelPaddingValue")[:1], *_numbers(dataset, "PixelPaddingRangeLimit")[:1]]
    if not limits:
        return np.zeros(stored.shape, dtype=bool)
    if stored.min() < 0:  # often written as unsigned all the same
        limits = [limit - 0x10000 if limit > 0x7FFF else limit for limit in limits]
    return (stored >= min(limits)) & (stored <= max(limits))

"""DICOM pictures: first frame, values of interest, to RGB."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.pixels import apply_color_lut, apply_modality_lut, apply_voi, apply_windowing, pixel_array

from dermtools.images.colour import scale_to_8_bit, to_srgb


def decode_dicom(data: bytes, check_size: Callable[[tuple[int, int]], None]) -> Image.Image:
    """First frame of a DICOM file as RGB.

    Colour (RGB, any YBR, palette) is taken as it is. Grey goes through the modality and VOI transforms (DICOM
    PS3.3 C.11.1 and C.11.2): the VOI table, else the window, else minimum to maximum; MONOCHROME1 is inverted.

    `check_size` is called with (width, height) before decoding, and raises to refuse. Raises whatever pydicom
    raises for a damaged file, an absent element or a compression it cannot read.
    """
    try:
        return _decode(dcmread(io.BytesIO(data)), check_size)
    except (BytesLengthException, InvalidDicomError) as error:  # these two descend from nothing more special
        raise ValueError(str(error)) from error


def _decode(dataset: Any, check_size: Callable[[tuple[int, int]], None]) -> Image.Image:
    if "Rows" not in dataset or "Columns" not in dataset:
        raise ValueError("it holds no picture")
    check_size((int(dataset.Columns), int(dataset.Rows)))
    values, photometric = pixel_array(dataset, index=0), str(dataset.PhotometricInterpretation)
    if photometric == "PALETTE COLOR":
        values = apply_color_lut(values, dataset)
    if values.ndim == 2:
        pixels = _grey(values, dataset)
        if photometric == "MONOCHROME1":
            pixels = 255 - pixels
    elif values.dtype == np.uint8:
        pixels = values
    else:
        bits = 16 if photometric == "PALETTE COLOR" else int(dataset.BitsStored)
        pixels = scale_to_8_bit(values, 0.0, 2.0**bits - 1)
    return to_srgb(Image.fromarray(np.ascontiguousarray(pixels[..., :3] if pixels.ndim == 3 else pixels)))


def _grey(values: Any, dataset: Any) -> Any:
    values = apply_modality_lut(values, dataset)
    if dataset.get("VOILUTSequence"):
        bits = int(dataset.VOILUTSequence[0].LUTDescriptor[2])
        return scale_to_8_bit(apply_voi(values, dataset), 0.0, 2.0**bits - 1)
    if dataset.get("WindowWidth") is not None and dataset.get("WindowCenter") is not None:
        centre, width = (float(np.ravel(dataset[key].value)[0]) for key in ("WindowCenter", "WindowWidth"))
        # pydicom maps the window to the stored range; windowing values far outside it shows that range.
        low, high = apply_windowing(np.array([centre - 30 * width, centre + 30 * width]), dataset)
        return scale_to_8_bit(apply_windowing(values, dataset), float(low), float(high))
    return scale_to_8_bit(values, float(values.min()), float(values.max()))

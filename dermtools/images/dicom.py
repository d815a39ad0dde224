"""DICOM pictures: the first frame, with everything the file states about its values and colours, to RGB."""

from __future__ import annotations

import io
import zlib
from typing import Any

import numpy as np
from PIL import Image
from pydicom import dcmread
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filereader import read_dataset, read_preamble
from pydicom.pixels import convert_color_space
from pydicom.uid import DeflatedExplicitVRLittleEndian

from dermtools.images.colour import scale_to_8_bit, to_srgb
from dermtools.images.dicom_frame import first_frame
from dermtools.images.dicom_grey import grey_pixels, of_first_frame
from dermtools.images.dicom_tables import colour_by_palette, each_level
from dermtools.images.limits import Ceiling

_MONOCHROME = ("MONOCHROME1", "MONOCHROME2")
_PIXELS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")


def decode_dicom(data: bytes, ceiling: Ceiling) -> Image.Image:
    """First frame of a DICOM file as RGB in sRGB.

    Colour (RGB, any YBR, palette) is brought from its stored bits to 8, and converted where the file carries an ICC
    profile. Grey goes through the modality, VOI and presentation transforms, see `grey_pixels`. Overlays are left out.

    Raises:
        ImageError: above the `ceiling`; a compression that cannot be read, or that the installed decoders failed to
            read.
        MissingExtraError: a compression whose decoder is not installed.
        Exception: whatever pydicom raises for a damaged file; a ValueError names a contradiction in it.
    """
    try:
        _check_deflated(data, ceiling)
        return _decode(dcmread(io.BytesIO(data), force=True), ceiling)
    except (BytesLengthException, InvalidDicomError) as error:  # these two descend from nothing more special
        raise ValueError(str(error)) from error


def _check_deflated(data: bytes, ceiling: Ceiling) -> None:
    """Refuse what unpacks beyond the ceiling, piece by piece: pydicom unpacks the whole file at once."""
    file = io.BytesIO(data)
    read_preamble(file, True)
    meta = read_dataset(file, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    unpacking, packed, count = zlib.decompressobj(-zlib.MAX_WBITS), file.read(), 0
    while piece := unpacking.decompress(packed, 1 << 20):
        packed = unpacking.unconsumed_tail
        count += len(piece)
        ceiling.check_unpacked(count)


def _decode(dataset: Any, ceiling: Ceiling) -> Image.Image:
    if any(dataset.get(name) is None for name in ("Rows", "Columns")) or not any(name in dataset for name in _PIXELS):
        raise ValueError("it holds no picture")
    ceiling.check_size((int(dataset.Columns), int(dataset.Rows)))
    samples, photometric = first_frame(dataset, ceiling)
    if (samples.ndim == 3) is (photometric in {*_MONOCHROME, "PALETTE COLOR"}):
        raise ValueError(f"{photometric} with {dataset.SamplesPerPixel} samples per pixel")
    if photometric == "PALETTE COLOR":
        pixels = colour_by_palette(samples, dataset)
    elif photometric in _MONOCHROME:
        pixels = each_level(samples, lambda values: grey_pixels(values, dataset))
        if dataset.get("PixelPresentation") in {"COLOR", "MIXED"} and "RedPaletteColorLookupTableDescriptor" in dataset:
            # A supplemental palette (C.7.6.19) colours the values from its first on; those below it stay grey.
            first = int(dataset.RedPaletteColorLookupTableDescriptor[1])
            pixels = np.where((samples < first)[..., None], pixels[..., None], colour_by_palette(samples, dataset))
    elif photometric in {"RGB", "YBR_FULL", "YBR_FULL_422", "YBR_PARTIAL_422"}:
        top = 2.0 ** int(dataset.BitsStored) - 1
        pixels = each_level(samples, lambda values: scale_to_8_bit(values, 0.0, top))
        if photometric == "YBR_PARTIAL_422":  # Y from 16 to 235, the others from 16 to 240
            pixels = scale_to_8_bit((pixels - 16.0) / [219, 224, 224], 0.0, 1.0)
        if photometric != "RGB":
            pixels = convert_color_space(pixels, "YBR_FULL", "RGB")
    else:
        raise ValueError(f"colours stored as {photometric}")
    image = Image.fromarray(np.ascontiguousarray(pixels))
    profile = _icc_profile(dataset)
    if profile and image.mode == "RGB":
        image.info["icc_profile"] = profile
    return to_srgb(image)


def _icc_profile(dataset: Any) -> bytes | None:
    """The profile of the picture, or of the first frame's optical path (C.8.12.5), where whole slides keep theirs."""
    if dataset.get("ICCProfile"):
        return bytes(dataset.ICCProfile)
    path = of_first_frame(dataset, "OpticalPathIdentificationSequence").get("OpticalPathIdentifier")
    paths = list(dataset.get("OpticalPathSequence") or ())
    paths.sort(key=lambda item: item.get("OpticalPathIdentifier") != path)
    return next((bytes(item.ICCProfile) for item in paths[:1] if item.get("ICCProfile")), None)

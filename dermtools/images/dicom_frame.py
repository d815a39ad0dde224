"""The samples of a DICOM file's first frame, decompressed, as the numbers that their bits stand for."""

from __future__ import annotations

import re
import struct
from typing import Any

import numpy as np
from pydicom.encaps import get_frame
from pydicom.pixels import get_decoder
from pydicom.uid import (
    UID,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLSTransferSyntaxes,
    RLELossless,
)

from dermtools.errors import ImageError, MissingExtraError
from dermtools.images.content import JPEG_MAGIC, jpeg_content, jpeg_scans
from dermtools.images.jpeg2000 import check_codestream
from dermtools.images.limits import Ceiling
from dermtools.text import one_line

_JPEG_2000 = b"\xff\x4f\xff\x51"
_FRAME_HEADER = re.compile(rb"\xff+[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf\xf7]")  # SOF of JPEG and of JPEG-LS


def first_frame(dataset: Any, ceiling: Ceiling) -> tuple[Any, str]:
    """Samples of the first frame, rows x columns (x 3), and the photometric interpretation that they are in.

    A sample is an unsigned or signed integer, whatever its place among the allocated bits, or a float. What is absent
    or empty in `dataset` and leaves no choice is filled in. For the errors see `decode_dicom`.
    """
    label = ceiling.label
    decoder = _decoder(dataset, label)
    photometric = _complete(dataset, decoder.is_native)
    ceiling.check_unpacked(dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8)
    if decoder.is_encapsulated:
        _check_codestream(dataset, ceiling)
    plugin, syntax = "", decoder.UID
    if syntax in {JPEGBaseline8Bit, JPEGExtended12Bit} and dataset.BitsStored <= 8:
        plugin = "pillow"  # which refuses a truncated JPEG; others fill it up
    elif syntax == JPEGExtended12Bit and "gdcm" in decoder.available_plugins:
        # GDCM reads 12 bits, but pydicom does not ask it; the process is read from the stream in either case.
        dataset.file_meta.TransferSyntaxUID = JPEGLossless
        decoder = get_decoder(JPEGLossless)
    options: dict[str, Any] = {"raw": True, "correct_unused_bits": False, "decoding_plugin": plugin}
    if dataset.BitsStored <= (dataset.get("HighBit") or 0) < dataset.BitsAllocated:
        options["bits_stored"] = dataset.HighBit + 1  # GDCM drops what is above
    try:
        samples, facts = decoder.as_array(dataset, index=0, **options)
    except RuntimeError as error:
        if decoder.is_native:
            raise
        remedy = "save or download it again, as JPEG or PNG"
        if decoder.missing_dependencies:
            remedy += f", or install another decoder: {_pip(decoder)}"
        raise ImageError(
            f"{label}: DICOM compressed as {syntax.name}, which could not be decoded ({_reasons(error)}); {remedy}"
        ) from error
    if samples.dtype.kind in "iu":
        samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
        samples = _without_unused_bits(samples, dataset, syntax)
    return samples, photometric if "PARTIAL" in photometric else str(facts["photometric_interpretation"])


def _decoder(dataset: Any, label: str) -> Any:
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if not syntax:  # pydicom has then found out from the elements themselves
        syntax = ExplicitVRLittleEndian if dataset.original_encoding[1] else ExplicitVRBigEndian
    compressed = f"{label}: DICOM compressed as {one_line(UID(syntax).name)}"
    try:
        decoder = get_decoder(syntax)
    except NotImplementedError as error:
        raise ImageError(f"{compressed}, which cannot be read; export the picture as JPEG or PNG") from error
    if decoder.is_native and "PixelData" in dataset and dataset["PixelData"].is_undefined_length:
        raise ValueError(f"its pixels are compressed, against its transfer syntax {UID(syntax).name}")
    if decoder.is_encapsulated and not decoder.is_available:
        decoders = "; ".join(decoder.missing_dependencies)
        raise MissingExtraError(f"{compressed}, and no decoder for it is installed ({decoders}); run: {_pip(decoder)}")
    return decoder


def _check_codestream(dataset: Any, ceiling: Ceiling) -> None:
    """Refuse a JPEG of any kind that is not what is stated: a decoder may cut it, or need far more memory or time."""
    table = (dataset.get("ExtendedOffsetTable"), dataset.get("ExtendedOffsetTableLengths"))
    frame = get_frame(
        dataset.PixelData,
        0,
        number_of_frames=int(dataset.NumberOfFrames),
        extended_offsets=table if all(table) else None,
    )
    size = stated = (int(dataset.Columns), int(dataset.Rows))
    samples = int(dataset.SamplesPerPixel)
    if frame.startswith(_JPEG_2000):
        right, bottom, left, top = struct.unpack_from(">4I", frame, 8)
        size = (right - left, bottom - top)
        check_codestream(frame)
    elif frame.startswith(JPEG_MAGIC):
        headers = (_FRAME_HEADER.match(frame, start) for start, _ in jpeg_content(frame))
        header = next(filter(None, headers), None)
        if header is not None:
            height, width, samples = struct.unpack_from(">HHB", frame, header.end() + 3)
            size = (width, height)
        ceiling.check_scans(jpeg_scans(frame), stated)
    if size != stated:
        raise ValueError(f"a frame of {size[0]} x {size[1]} pixels where {stated[0]} x {stated[1]} are stated")
    if samples > 4:
        raise ValueError(f"a frame of {samples} samples a pixel")


def _pip(decoder: Any) -> str:
    """The command that installs what is missing: the extra, else decoders outside it, some under another licence."""
    packages = re.findall(r"[\w-]+(?=>=)", " ".join(decoder.missing_dependencies))
    if {"gdcm", "pylibjpeg-openjpeg"}.intersection(packages):
        return "pip install 'dermtools[formats]'"
    return "pip install " + " ".join(dict.fromkeys(packages))


def _reasons(error: RuntimeError) -> str:
    return one_line(str(error).partition(":")[2] or str(error))


def _complete(dataset: Any, is_native: bool) -> str:
    """Fill in what is absent or empty; returns the photometric interpretation as the file states it."""
    photometric = str(dataset.PhotometricInterpretation)
    is_colour = photometric.startswith(("RGB", "YBR"))
    only_choice = {
        "SamplesPerPixel": 3 if is_colour else 1,
        "PlanarConfiguration": 0,
        "PixelRepresentation": 0,
        "BitsStored": dataset.BitsAllocated,
    }
    for keyword, value in only_choice.items():
        if dataset.get(keyword) is None:
            setattr(dataset, keyword, value)
    dataset.NumberOfFrames = dataset.get("NumberOfFrames") or 1
    if is_colour:
        dataset.PixelRepresentation = 0  # a colour is never negative
    if is_native and photometric == "YBR_PARTIAL_422":  # laid out alike, and then within a narrower range
        dataset.PhotometricInterpretation = "YBR_FULL_422"
    return photometric


def _without_unused_bits(samples: Any, dataset: Any, syntax: UID) -> Any:
    """The `BitsStored` bits that end with `HighBit`, sign included; the others may hold anything, such as overlays."""
    stored = int(dataset.BitsStored)
    if stored == dataset.BitsAllocated:
        return samples
    high = stored - 1 if dataset.get("HighBit") is None else int(dataset.HighBit)
    shift = high + 1 - stored
    if shift < 0 or high >= dataset.BitsAllocated:
        raise ValueError(f"HighBit {high} does not fit {stored} of {dataset.BitsAllocated} bits")
    if syntax.is_encapsulated and syntax != RLELossless:
        # A codestream knows its own precision; what fits the stored bits has been brought to the right already.
        if shift and np.abs(samples.astype(np.int64)).max() < 2**stored:
            shift = 0
        if not shift and syntax in {*JPEG2000TransferSyntaxes, *JPEGLSTransferSyntaxes}:
            return samples
    values = (samples.view(f"u{samples.itemsize}") >> shift) & (2**stored - 1)
    if dataset.PixelRepresentation == 1:
        sign = 1 << (stored - 1)
        values = (values ^ sign).view(f"i{samples.itemsize}") - sign
    return values

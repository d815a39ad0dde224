"""The samples of a DICOM file's first frame, decompressed, as the numbers that their bits stand for."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
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
from dermtools.text import one_line


def first_frame(dataset: Any, label: str) -> tuple[Any, str]:
    """Samples of the first frame, rows x columns (x 3), and the photometric interpretation that they are in.

    A sample is an unsigned or signed integer, whatever its place among the allocated bits, or a float. What is absent
    or empty in `dataset` and leaves no choice is filled in. `label` is what to call the picture in an error; for the
    errors see `decode_dicom`.
    """
    decoder = _decoder(dataset, label)
    photometric = _complete(dataset, decoder.is_native)
    plugin, syntax = "", decoder.UID
    if syntax in {JPEGBaseline8Bit, JPEGExtended12Bit} and dataset.BitsStored <= 8:
        plugin = "pillow"  # which refuses a truncated JPEG; others fill it up
    elif syntax == JPEGExtended12Bit and "gdcm" in decoder.available_plugins:
        # GDCM reads 12 bits, but pydicom does not ask it; the process is read from the stream in either case.
        dataset.file_meta.TransferSyntaxUID = JPEGLossless
        decoder = get_decoder(JPEGLossless)
    try:
        samples, facts = decoder.as_array(dataset, index=0, raw=True, correct_unused_bits=False, decoding_plugin=plugin)
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
        "BitsStored": dataset.get("BitsAllocated"),
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

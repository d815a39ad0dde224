"""Small DICOM files made element by element, and the grey values that they open with."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from dermtools.images import open_image

pydicom = pytest.importorskip("pydicom")


def dicom(
    pixel_data: np.ndarray | bytes | list[bytes], photometric: str, shape=(16, 64), syntax=None, **elements
) -> bytes:
    """A photograph; `pixel_data` as an array, as raw bytes, or as encapsulated frames (by default of 8-bit JPEG).

    `elements` by keyword, None to leave one out that is there by default.
    """
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.4"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.file_meta.TransferSyntaxUID = syntax or pydicom.uid.ExplicitVRLittleEndian
    dataset.Rows, dataset.Columns = shape
    dataset.PhotometricInterpretation = photometric
    dataset.PixelRepresentation = 0
    bits, dataset.SamplesPerPixel = 8, 1 if photometric.startswith(("MONOCHROME", "PALETTE")) else 3
    if isinstance(pixel_data, np.ndarray):
        bits = pixel_data.dtype.itemsize * 8
        dataset.SamplesPerPixel = 3 if pixel_data.ndim == 3 else 1
        pixel_data = pixel_data.tobytes()
    elif isinstance(pixel_data, list):
        dataset.file_meta.TransferSyntaxUID = syntax or pydicom.uid.JPEGBaseline8Bit
        dataset.NumberOfFrames = len(pixel_data)
        pixel_data = pydicom.encaps.encapsulate(pixel_data)
    dataset.PixelData = pixel_data
    dataset["PixelData"].VR = "OB" if bits == 8 else "OW"
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    if dataset.SamplesPerPixel == 3:
        dataset.PlanarConfiguration = 0
    for name, value in elements.items():
        if value is None:
            del dataset[name]
        elif isinstance(value, pydicom.DataElement):
            dataset[name] = value
        else:
            setattr(dataset, name, value)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def table(first: int, entries: list[int] | bytes, bits: int, count: int | None = None) -> Any:
    """An item of a modality or VOI LUT sequence: `entries` as numbers (US), or as the bytes themselves (OW)."""
    item = pydicom.Dataset()
    signed = "SS" if first < 0 else "US"
    item.add_new("LUTDescriptor", signed, [len(entries) if count is None else count, first, bits])
    item.add_new("LUTData", "OW" if isinstance(entries, bytes) else "US", entries)
    return item


def item(**elements) -> Any:
    """A sequence item."""
    dataset = pydicom.Dataset()
    for name, value in elements.items():
        setattr(dataset, name, value)
    return dataset


def opened(data: bytes) -> np.ndarray:
    """Rows x columns x 3."""
    image = open_image(data)
    assert (image.mode, image.info) == ("RGB", {})
    return np.asarray(image).astype(int)


def grey(data: bytes) -> np.ndarray:
    """Rows x columns of a picture that has to be grey."""
    pixels = opened(data)
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]

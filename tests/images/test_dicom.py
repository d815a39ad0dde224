from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dermtools.errors import ImageError
from dermtools.images import ImageLimits, open_image

pydicom = pytest.importorskip("pydicom")

GRADIENT = np.linspace(0, 4095, 64).astype(np.uint16)[None, :].repeat(16, axis=0)
COLOURS = np.stack([GRADIENT // 16, 255 - GRADIENT // 16, np.full_like(GRADIENT, 90)], axis=-1).astype(np.uint8)


def dicom(pixel_data: np.ndarray | list[bytes], photometric: str, shape=(16, 64), **elements) -> bytes:
    """A small secondary capture; `pixel_data` as an array, or as encapsulated JPEG frames."""
    dataset = pydicom.Dataset()
    dataset.file_meta = pydicom.dataset.FileMetaDataset()
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = "1.2.840.10008.5.1.4.1.1.77.1.4"
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = "1.2.3"
    dataset.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    dataset.Rows, dataset.Columns = shape
    dataset.PhotometricInterpretation = photometric
    dataset.PixelRepresentation = 0
    if isinstance(pixel_data, np.ndarray):
        bits = pixel_data.dtype.itemsize * 8
        dataset.SamplesPerPixel = 3 if pixel_data.ndim == 3 else 1
        dataset.PixelData = pixel_data.tobytes()
    else:
        bits = 8
        dataset.SamplesPerPixel = 3
        dataset.NumberOfFrames = len(pixel_data)
        dataset.PixelData = pydicom.encaps.encapsulate(pixel_data)
        dataset.file_meta.TransferSyntaxUID = pydicom.uid.JPEGBaseline8Bit
    dataset.BitsAllocated = dataset.BitsStored = bits
    dataset.HighBit = bits - 1
    if dataset.SamplesPerPixel == 3:
        dataset.PlanarConfiguration = 0
    for name, value in elements.items():
        setattr(dataset, name, value)
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def grey(data: bytes) -> np.ndarray:
    opened = open_image(data)
    assert opened.mode == "RGB"
    assert opened.info == {}
    return np.asarray(opened)[0, :, 0].astype(int)


def test_grey_without_a_window_is_stretched_from_minimum_to_maximum():
    assert np.abs(grey(dicom(GRADIENT, "MONOCHROME2")) - np.linspace(0, 255, 64)).max() <= 1


def test_monochrome1_is_inverted():
    assert np.abs(grey(dicom(GRADIENT, "MONOCHROME1")) - np.linspace(255, 0, 64)).max() <= 1


def test_a_window_decides_what_is_black_and_white():
    values = grey(dicom(GRADIENT, "MONOCHROME2", WindowCenter=1000, WindowWidth=500))
    assert (values[GRADIENT[0] < 740] == 0).all()
    assert (values[GRADIENT[0] > 1260] == 255).all()
    assert values[np.argmin(np.abs(GRADIENT[0].astype(int) - 1000))] == pytest.approx(128, abs=16)


def test_a_window_is_in_rescaled_units():
    values = grey(
        dicom(GRADIENT, "MONOCHROME2", RescaleSlope=2, RescaleIntercept=-1000, WindowCenter=1000, WindowWidth=500)
    )
    assert (values[GRADIENT[0] < 870] == 0).all()
    assert (values[GRADIENT[0] > 1130] == 255).all()


def test_a_table_of_values_of_interest_is_applied():
    table = pydicom.Dataset()
    table.LUTDescriptor = [4096, 0, 16]
    table.LUTData = [257 * (255 - i // 16) for i in range(4096)]
    table["LUTDescriptor"].VR = table["LUTData"].VR = "US"
    values = grey(dicom(GRADIENT, "MONOCHROME2", VOILUTSequence=[table]))
    assert np.abs(values - (255 - GRADIENT[0] // 16)).max() <= 1


def test_a_preamble_that_looks_like_tiff_is_still_dicom():
    data = dicom(COLOURS, "RGB")
    assert np.array_equal(np.asarray(open_image(b"II*\0" + data[4:])), COLOURS)


def test_rgb_keeps_its_colours():
    assert np.array_equal(np.asarray(open_image(dicom(COLOURS, "RGB"))), COLOURS)


def test_uncompressed_ybr_becomes_rgb():
    ybr = np.asarray(Image.fromarray(COLOURS).convert("YCbCr"))
    assert np.abs(np.asarray(open_image(dicom(ybr, "YBR_FULL"))).astype(int) - COLOURS).max() <= 3


def test_16_bit_rgb_is_scaled_and_not_clipped():
    opened = np.asarray(open_image(dicom(COLOURS.astype(np.uint16) * 257, "RGB")))
    assert np.array_equal(opened, COLOURS)


def test_the_first_frame_of_a_jpeg_compressed_picture_is_opened():
    frames = []
    for pixels in (COLOURS, 255 - COLOURS):
        out = io.BytesIO()
        Image.fromarray(pixels).save(out, "JPEG", quality=95, subsampling=0)
        frames.append(out.getvalue())
    opened = np.asarray(open_image(dicom(frames, "YBR_FULL_422"))).astype(int)
    assert np.abs(opened - COLOURS).mean() < 3


def test_the_limit_on_pixels_is_checked_before_decoding():
    with pytest.raises(ImageError, match=r"60,000 x 60,000 pixels, more than"):
        open_image(dicom(GRADIENT, "MONOCHROME2", shape=(60_000, 60_000)))
    with pytest.raises(ImageError, match="more than the 10 allowed"):
        open_image(dicom(GRADIENT, "MONOCHROME2"), limits=ImageLimits(max_pixels=10))


def test_an_element_of_a_senseless_length_is_an_image_error():
    data = bytearray(dicom(GRADIENT, "MONOCHROME2"))
    data[data.index(b"\x02\0\0\0UL") + 6] = 87
    with pytest.raises(ImageError, match="DICOM"):
        open_image(bytes(data))


@pytest.mark.parametrize("cut", [140, 300, -2000, -100])
def test_a_truncated_file_is_refused_without_a_warning(cut: int):
    with pytest.raises(ImageError, match="damaged, truncated or unusual DICOM"):
        open_image(dicom(GRADIENT, "MONOCHROME2")[:cut])


def test_a_file_without_a_picture_is_refused():
    dataset = pydicom.dcmread(io.BytesIO(dicom(GRADIENT, "MONOCHROME2")))
    del dataset.PixelData, dataset.Rows
    out = io.BytesIO()
    dataset.save_as(out)
    with pytest.raises(ImageError, match="holds no picture"):
        open_image(out.getvalue())

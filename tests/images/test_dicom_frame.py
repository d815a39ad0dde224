"""Compressed frames: the pixels that were compressed, or that the uncompressed twin of a file has."""

from __future__ import annotations

import base64
import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from dermtools.errors import ImageError, MissingExtraError
from tests.support.dicom_files import dicom, grey, opened, pydicom

gdcm = pytest.importorskip("gdcm")
pytest.importorskip("openjpeg")

SAMPLES = Path(pydicom.__file__).parent / "data" / "test_files"
Y, X = np.mgrid[0:16, 0:24]
FULL = {"WindowCenter": 32768, "WindowWidth": 65536}

KINDS = {
    "8 bits": ((X * 9 + Y * 3).astype(np.uint8), "MONOCHROME2", {}),
    "12 bits": ((X * 150 + Y * 30).astype(np.uint16), "MONOCHROME2", {"BitsStored": 12, "HighBit": 11} | FULL),
    "12 bits signed": (
        (X * 150 + Y * 30 - 2048).astype(np.int16),
        "MONOCHROME2",
        {"BitsStored": 12, "HighBit": 11, "PixelRepresentation": 1, "WindowCenter": 0, "WindowWidth": 4096},
    ),
    "16 bits": ((X * 2500 + Y * 300).astype(np.uint16), "MONOCHROME2", FULL),
    "colour": (np.stack([X * 9, Y * 15, 255 - X * 3 - Y * 5], axis=-1).astype(np.uint8), "RGB", {}),
    "16 bits colour": (np.stack([X * 2500, Y * 4000, X * 99 + Y], axis=-1).astype(np.uint16), "RGB", {}),
}


def compressed(data: bytes, syntax: str, folder: Path) -> bytes:
    """The same picture, written anew by GDCM."""
    (folder / "in.dcm").write_bytes(data)
    reader = gdcm.ImageReader()
    reader.SetFileName(str(folder / "in.dcm"))
    assert reader.Read()
    change = gdcm.ImageChangeTransferSyntax()
    change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.GetTSType(syntax)))
    change.SetInput(reader.GetImage())
    assert change.Change()
    writer = gdcm.ImageWriter()
    writer.SetFile(reader.GetFile())
    writer.SetImage(change.GetOutput())
    writer.SetFileName(str(folder / "out.dcm"))
    assert writer.Write()
    return (folder / "out.dcm").read_bytes()


LOSSLESS = {
    "JPEG lossless": "1.2.840.10008.1.2.4.57",
    "JPEG lossless SV1": "1.2.840.10008.1.2.4.70",
    "JPEG-LS": "1.2.840.10008.1.2.4.80",
    "JPEG 2000": "1.2.840.10008.1.2.4.90",
    "RLE": "1.2.840.10008.1.2.5",
}
PAIRS = [(syntax, kind) for syntax in LOSSLESS for kind in KINDS if (syntax, kind) != ("JPEG 2000", "16 bits colour")]


@pytest.mark.parametrize(("syntax", "kind"), PAIRS)
def test_a_lossless_compression_changes_nothing(tmp_path: Path, syntax: str, kind: str):
    pixels, photometric, elements = KINDS[kind]
    plain = dicom(pixels, photometric, (16, 24), **elements)
    assert np.array_equal(opened(compressed(plain, LOSSLESS[syntax], tmp_path)), opened(plain))


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_samples_may_stand_to_the_left_of_a_compressed_frame(tmp_path: Path, syntax: str):
    values = (X * 150 + Y * 30).astype(np.uint16)
    dataset = pydicom.dcmread(
        io.BytesIO(compressed(dicom(values << 4, "MONOCHROME2", (16, 24)), LOSSLESS[syntax], tmp_path))
    )
    dataset.BitsStored, dataset.WindowCenter, dataset.WindowWidth = 12, 2048, 4096
    out = io.BytesIO()
    dataset.save_as(out)
    assert np.abs(grey(out.getvalue()) - values / 4095 * 255).max() <= 0.51


@pytest.mark.parametrize("syntax", LOSSLESS)
def test_a_truncated_frame_is_refused_and_never_filled_up(tmp_path: Path, syntax: str):
    noise = np.random.default_rng(0).integers(0, 65536, (64, 64)).astype(np.uint16)
    dataset = pydicom.dcmread(io.BytesIO(compressed(dicom(noise, "MONOCHROME2", (64, 64)), LOSSLESS[syntax], tmp_path)))
    frame = pydicom.encaps.get_frame(dataset.PixelData, 0)
    for cut in (len(frame) // 3, len(frame) * 9 // 10, len(frame) - 40):
        dataset.PixelData = pydicom.encaps.encapsulate([frame[:cut]])
        out = io.BytesIO()
        dataset.save_as(out)
        with pytest.raises(ImageError, match="DICOM"):
            opened(out.getvalue())


@pytest.mark.parametrize("syntax", [name for name in LOSSLESS if name != "RLE"])
def test_a_frame_of_another_size_than_stated_is_refused(tmp_path: Path, syntax: str):
    plain = dicom(KINDS["8 bits"][0], "MONOCHROME2", (16, 24))
    dataset = pydicom.dcmread(io.BytesIO(compressed(plain, LOSSLESS[syntax], tmp_path)))
    dataset.Rows, dataset.Columns = 8, 12
    out = io.BytesIO()
    dataset.save_as(out)
    with pytest.raises(ImageError, match="a frame of 24 x 16 pixels where 12 x 8 are stated"):
        opened(out.getvalue())


@pytest.mark.parametrize(
    "name",
    ["MR_small_RLE", "MR_small_jp2klossless", "MR_small_jpeg_ls_lossless", "MR_small_bigendian", "MR_small_implicit"],
)
def test_each_encoding_of_the_same_scan_opens_alike(name: str):
    plain = (SAMPLES / "MR_small.dcm").read_bytes()
    assert np.array_equal(opened((SAMPLES / f"{name}.dcm").read_bytes()), opened(plain))


def test_12_bits_of_lossy_jpeg_are_those_that_gdcm_reads_itself():
    reader = gdcm.ImageReader()
    reader.SetFileName(str(SAMPLES / "JPGExtended.dcm"))
    assert reader.Read()
    buffer = reader.GetImage().GetBuffer().encode("utf-8", "surrogateescape")
    values = np.frombuffer(buffer, "<u2").reshape(1024, 256)
    found = grey((SAMPLES / "JPGExtended.dcm").read_bytes())
    assert np.abs(found - values / values.max() * 255).max() <= 0.51


def test_high_throughput_jpeg_2000_is_read():
    frame = base64.b64decode(  # KINDS["8 bits"] as OpenJPH 0.26 writes it
        "/0//UQApQAAAAAAYAAAAEAAAAAAAAAAAAAAAGAAAABAAAAAAAAAAAAABBwEB/1AACAACAAAAAv9SAAwAAgABAAUEBEAB/1wAEyBIUFBQUFBQUFBQUFBQ"
        "SEhI/2QAFwABT3BlbkpQSCBWZXIgMC4yNi4zLv+QAAoAAAAAAHMAAf+TwCXNAId0AMASgDIBh3QAwBLAEwD5AEd0ALb9AAI0AMATQBMAUOiAi3QAWvUK"
        "d1QAwBUQBUjGGPPacAJ1AEyS/OT2Sey2AMArIBXAAAAAAPPwp6enwngABAAA/v8RXv3Xv3XsugD/2Q=="
    )
    data = dicom([frame], "MONOCHROME2", (16, 24), syntax=pydicom.uid.HTJ2KLossless)
    assert np.array_equal(grey(data), KINDS["8 bits"][0])


def test_a_deflated_file_is_read():
    pixels = KINDS["8 bits"][0]
    syntax = pydicom.uid.DeflatedExplicitVRLittleEndian
    assert np.array_equal(grey(dicom(pixels, "MONOCHROME2", (16, 24), syntax=syntax)), pixels)


@pytest.mark.parametrize(("number", "without"), [("70", "gdcm"), ("80", "gdcm"), ("201", "pylibjpeg")])
def test_a_decoder_that_is_not_installed_is_named_with_how_to_install_it(tmp_path: Path, number: str, without: str):
    syntax = f"1.2.840.10008.1.2.4.{number}"
    (tmp_path / "a.dcm").write_bytes(dicom([b"\xff\xd8" * 9], "MONOCHROME2", syntax=syntax))
    script = (
        f"import sys; sys.modules['{without}'] = None\nfrom dermtools.images import open_image\nopen_image(sys.argv[1])"
    )
    run = subprocess.run([sys.executable, "-c", script, tmp_path / "a.dcm"], capture_output=True, text=True)
    message = run.stderr.splitlines()[-1]
    assert MissingExtraError.__name__ in message
    assert "a.dcm: DICOM compressed as" in message
    assert without in message
    assert "run: pip install 'dermtools[formats]'" in message
    assert "damaged" not in message


def test_what_the_installed_decoders_cannot_read_names_another_one():
    with pytest.raises(ImageError, match=r"JPEG-LS.*could not be decoded \(gdcm: .*pip install .*pyjpegls"):
        opened(dicom([bytes(50)], "MONOCHROME2", syntax=pydicom.uid.JPEGLSLossless))


@pytest.mark.parametrize("number", ["102", "112", "999"])  # MPEG-4, JPEG XL, none
def test_a_compression_without_any_decoder_is_named(number: str):
    video = dicom([bytes(50)], "RGB", syntax="1.2.840.10008.1.2.4.102")
    with pytest.raises(ImageError, match=r"DICOM compressed as .*, which cannot be read; export the picture as JPEG"):
        opened(video.replace(b".4.102", f".4.{number}".encode()))


def test_compressed_pixels_in_a_file_said_to_be_uncompressed_are_refused():
    data = dicom([bytes(3000)], "RGB", syntax=pydicom.uid.JPEGBaseline8Bit)
    mislabelled = data.replace(b"1.2.840.10008.1.2.4.50", b"1.2.840.10008.1.2.1\0\0\0")
    with pytest.raises(ImageError, match="its pixels are compressed"):
        opened(mislabelled)


@pytest.mark.parametrize(
    ("bits", "reason"),
    [
        ({"BitsStored": 12, "HighBit": 7}, "HighBit 7 does not fit 12 of 16 bits"),
        ({"BitsStored": 12, "HighBit": 16}, "HighBit 16 does not fit"),
        ({"BitsStored": 17}, "Bits Stored"),
        ({"BitsAllocated": 12, "BitsStored": 12}, "Bits Allocated"),
    ],
)
def test_bits_that_contradict_each_other_are_named(bits: dict, reason: str):
    with pytest.raises(ImageError, match=reason):
        opened(dicom(KINDS["16 bits"][0], "MONOCHROME2", (16, 24), **bits))


def test_single_bits_are_black_and_white():
    pixels = (X + Y) % 3 == 0
    packed = np.packbits(pixels.ravel(), bitorder="little").tobytes()
    elements = {"BitsAllocated": 1, "BitsStored": 1, "HighBit": 0}
    assert np.array_equal(grey(dicom(packed, "MONOCHROME2", (16, 24), **elements)), pixels * 255)


def test_floats_are_stretched_from_minimum_to_maximum():
    values = (X * 0.01 - Y * 0.02).astype(np.float32)
    floats = pydicom.DataElement("FloatPixelData", "OF", values.tobytes())
    data = dicom(b"", "MONOCHROME2", (16, 24), FloatPixelData=floats, PixelData=None, BitsAllocated=32)
    expected = (values - values.min()) / (values.max() - values.min()) * 255
    assert np.abs(grey(data) - expected).max() <= 0.51

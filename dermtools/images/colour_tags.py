"""Colours that a file states by number instead of an ICC profile: as an ICC profile."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Chromaticities = tuple[float, ...]
"""x and y of white, red, green and blue."""

_D65, _C, _DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
_SRGB = (*_D65, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
_PRIMARIES: dict[int, Chromaticities] = {
    1: _SRGB,
    2: _SRGB,  # unspecified
    4: (*_C, 0.67, 0.33, 0.21, 0.71, 0.14, 0.08),
    5: (*_D65, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06),
    6: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    7: (*_D65, 0.630, 0.340, 0.310, 0.595, 0.155, 0.070),
    8: (*_C, 0.681, 0.319, 0.243, 0.692, 0.145, 0.049),
    9: (*_D65, 0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (*_DCI, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    12: (*_D65, 0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
    22: (*_D65, 0.630, 0.340, 0.295, 0.605, 0.155, 0.077),
}
"""ColourPrimaries of ITU-T H.273, table 2."""

_Curve = Callable[["NDArray[Any]"], "NDArray[Any]"]


def _srgb_curve(v: NDArray[Any]) -> NDArray[Any]:
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def _television(v: NDArray[Any]) -> NDArray[Any]:
    return np.where(v < 0.081242858, v / 4.5, ((v + 0.099296826) / 1.099296826) ** (1 / 0.45))


def _smpte_240(v: NDArray[Any]) -> NDArray[Any]:
    return np.where(v < 0.0912863421, v / 4.0, ((v + 0.1115721959) / 1.1115721959) ** (1 / 0.45))


_TRANSFERS: dict[int, _Curve] = {
    **dict.fromkeys((1, 6, 14, 15), _television),
    2: _srgb_curve,  # unspecified
    4: lambda v: v**2.2,
    5: lambda v: v**2.8,
    7: _smpte_240,
    8: lambda v: v,
    13: _srgb_curve,
    17: lambda v: np.minimum(1, v**2.6 * 52.37 / 48),
}
"""TransferCharacteristics of ITU-T H.273, table 3, to light."""

_HDR = {16: "PQ", 18: "HLG"}


@lru_cache(maxsize=32)
def profile_of_code_points(primaries: int, transfer: int) -> bytes | None:
    """ICC profile of colours numbered as in ITU-T H.273 (cICP of PNG, nclx of HEIC and AVIF); None for sRGB.

    Raises:
        ValueError: high dynamic range, which 8 bits of sRGB cannot hold, or numbers that are not known.
    """
    if transfer in _HDR:
        raise ValueError(f"high dynamic range ({_HDR[transfer]}), which has no right look in 8 bits; save it as SDR")
    if primaries not in _PRIMARIES or transfer not in _TRANSFERS:
        raise ValueError(f"colour primaries {primaries} with transfer {transfer} of H.273 are not known")
    if _PRIMARIES[primaries] == _SRGB and _TRANSFERS[transfer] is _srgb_curve:
        return None
    return _icc_profile(_PRIMARIES[primaries], _TRANSFERS[transfer])


def profile_of_info(info: Mapping[Any, Any]) -> bytes | None:
    """ICC profile for what stands in the `info` of a Pillow image; None for sRGB or nothing.

    In the order of the PNG specification, third edition, 4.3: cICP, iCCP, sRGB, gAMA and cHRM. `nclx_profile` is what
    pillow-heif calls the box of that name; an ICC profile in the same file goes before it.

    Raises:
        ValueError: as `profile_of_code_points`.
    """
    if cicp := info.get("cicp"):
        primaries, transfer, matrix, full_range = cicp
        if matrix or full_range != 1:
            raise ValueError(f"cICP with matrix {matrix} and range {full_range} is not read")
        return profile_of_code_points(primaries, transfer)
    if info.get("icc_profile"):
        return bytes(info["icc_profile"])
    if nclx := info.get("nclx_profile"):
        return profile_of_code_points(nclx["color_primaries"], nclx["transfer_characteristics"])
    if "srgb" in info:
        return None
    gamma, chromaticities = info.get("gamma") or 0.0, tuple(info.get("chromaticity") or ())
    # 0.45455 is what the specification tells a writer of sRGB to say beside it for readers that know no better.
    is_srgb_gamma = gamma <= 0 or abs(gamma * 2.2 - 1) < 0.05
    if is_srgb_gamma and (len(chromaticities) != 8 or np.allclose(chromaticities, _SRGB, atol=0.002)):
        return None
    curve = _srgb_curve if is_srgb_gamma else lambda v: v ** (1 / gamma)
    try:
        with np.errstate(all="raise"):
            return _icc_profile(chromaticities if len(chromaticities) == 8 else _SRGB, curve)
    except (ArithmeticError, np.linalg.LinAlgError, ValueError, struct.error):  # impossible numbers are passed over
        return None


def _icc_profile(chromaticities: Chromaticities, curve: _Curve) -> bytes:
    """ICC profile, version 2, of a display with these primaries (ICC.1:2001-04), adapted to D50 as Bradford does."""
    x, y = np.array(chromaticities).reshape(4, 2).T
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])  # columns: white, red, green, blue
    bradford = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    d50 = np.array([0.9642, 1.0, 0.8249])
    adapted = np.linalg.inv(bradford) @ np.diag(bradford @ d50 / (bradford @ xyz[:, 0])) @ bradford
    primaries = adapted @ xyz[:, 1:] * np.linalg.solve(xyz[:, 1:], xyz[:, 0])

    def fixed(values: NDArray[Any]) -> bytes:
        return struct.pack(">3i", *np.rint(values * 65536).astype(int))

    samples = np.rint(65535 * np.clip(curve(np.linspace(0, 1, 4096)), 0, 1)).astype(">u2").tobytes()
    tags = {
        b"desc": b"desc\0\0\0\0\0\0\0\x01" + bytes(80),
        b"cprt": b"text\0\0\0\0\0\0\0\0",
        b"wtpt": b"XYZ \0\0\0\0" + fixed(d50),
        **{b"%cXYZ" % name: b"XYZ \0\0\0\0" + fixed(primaries[:, at]) for at, name in enumerate(b"rgb")},
        b"rTRC": b"curv\0\0\0\0" + struct.pack(">I", 4096) + samples,
    }
    table, body, start = b"", b"", 132 + 12 * (len(tags) + 2)
    for name, content in tags.items():
        for same in (b"rTRC", b"gTRC", b"bTRC") if name == b"rTRC" else (name,):
            table += same + struct.pack(">II", start + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    size = struct.pack(">I", start + len(body))
    header = size + bytes(4) + b"\x02\x10\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28) + fixed(d50)
    return header.ljust(128, b"\0") + struct.pack(">I", len(tags) + 2) + table + body

"""What an ordinary picture loses by being decoded in a warm process of its own, against decoding it here.

The best of many rounds each: what else the machine does would weigh more than what is measured.
"""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from benchmarks.timing import report, seconds
from dermtools.images import ImageLimits, WorkerLimits, open_image

SIZES = ((512, 384), (4000, 3000))
BUDGET = 0.005


def main() -> bool:
    held = [_overhead(width, height) for width, height in SIZES]
    return all(held)


def _overhead(width: int, height: int) -> bool:
    smooth = np.random.default_rng(0).integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(smooth).resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=90)
    apart = ImageLimits(worker=WorkerLimits())

    def ours() -> None:
        open_image(out.getvalue(), min_side=512, limits=apart)

    def peer() -> None:
        open_image(out.getvalue(), min_side=512)

    rounds = [(seconds(ours), seconds(peer)) for _ in range(41)]
    here = min(second for _, second in rounds)
    lost = min(first for first, _ in rounds) - here
    measured = f"{lost * 1000:.1f} ms beside {here * 1000:.1f} ms"
    return report(f"a JPEG of {width} x {height} in a process of its own", measured, "5 ms", lost <= BUDGET)


if __name__ == "__main__":
    raise SystemExit(not main())

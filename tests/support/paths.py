"""Where the project lies, and the real data beside it."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def real_data() -> Path:
    """The folder of data/ and models/, whether it is there or not."""
    return Path(os.environ.get("DERMTOOLS_TEST_DATA", ROOT.parent / "shared")).resolve()


def bytes_below(folder: Path) -> bytes:
    """Every byte of every file below a folder, names included."""
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in folder.rglob("*") if path.is_file())

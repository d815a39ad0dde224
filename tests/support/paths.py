"""Where the project lies."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def bytes_below(folder: Path) -> bytes:
    """Every byte of every file below a folder, names included."""
    return b"\n".join(str(path).encode() + b"\n" + path.read_bytes() for path in folder.rglob("*") if path.is_file())

"""Tables written for a test, and what was read of them."""

from __future__ import annotations

from pathlib import Path

from dermtools.cases import Case, SourceData


def write(folder: Path, text: str | bytes, name: str = "cases.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def by_id(data: SourceData) -> dict[str, Case]:
    return {item.case.case_id: item.case for item in data.cases}

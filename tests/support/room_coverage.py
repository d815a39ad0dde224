"""Prints how much of each room the last test run executed: `python -m tests.support.room_coverage`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from coverage import Coverage

from tests.support.paths import ROOT

GROUND_FLOOR = "ground floor"


def by_room() -> dict[str, tuple[int, int]]:
    """Room to its statements and how many of them ran, files that no test imports included."""
    measured = Coverage(config_file=str(ROOT / "pyproject.toml"), data_file=str(ROOT / ".coverage"))
    measured.load()
    statements, ran = Counter[str](), Counter[str]()
    for path in (ROOT / "dermtools").rglob("*.py"):
        _, lines, _, missing, _ = measured.analysis2(str(path))
        parts = path.relative_to(ROOT / "dermtools").parts
        room = parts[0] if len(parts) > 1 else GROUND_FLOOR
        statements[room] += len(lines)
        ran[room] += len(lines) - len(missing)
    return {room: (statements[room], ran[room]) for room in sorted(statements)}


def table(rooms: dict[str, tuple[int, int]]) -> str:
    """A line a room, and one for all."""
    total = tuple(map(sum, zip(*rooms.values(), strict=True)))
    rows = [*rooms.items(), ("all", total)]
    width = max(len(name) for name, _ in rows)
    head = f"{'room':{width}}  statements  covered"
    return "\n".join([head, *(f"{name:{width}}  {n:10,}  {100 * ran / n:6.1f} %" for name, (n, ran) in rows if n)])


if __name__ == "__main__":
    if not Path(ROOT / ".coverage").is_file():
        raise SystemExit("nothing was measured; run: make coverage")
    print(table(by_room()))

"""Pictures of what commands print, as docs/terminal/*.svg: `make terminal`.

Each command runs over the drawn sample in a terminal of 80 columns. Lines that differ from machine to machine
(versions, disk space, what is installed) are left out, so that the same code gives the same pictures.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from docs.generator.carried import ROOT

FOLDER = ROOT / "docs" / "terminal"
COLUMNS = 80
# A picture on a page loads nothing, so the fonts that rich names at another address never come.
_FORMAT = re.sub(r"@font-face {{.*?}}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)


@dataclass(frozen=True)
class Shown:
    """A command, and the part of its output that the picture has."""

    arguments: str
    begins: str = ""
    """The first line that is kept begins so."""
    ends: str | None = None
    """The first line that is left out again begins so."""
    without: str | None = None
    """A line that holds this is left out."""


PICTURES = {
    "info": Shown("info my-cases", ends="attribute"),
    "search": Shown("search my-cases --case drawn_p03_1 -k 3"),
    "evaluate": Shown(
        "evaluate my-cases --task location --methods majority,knn-vote-5,linear-probe --out run --map none",
        begins="method",
        ends="drawing",
    ),
    "doctor": Shown("doctor my-cases", begins="keys", without="GB free"),
}
_MADE_FIRST = ("ingest sample my-cases --embedder descriptor", "train my-cases --task location --kind linear-probe")


def printed(arguments: str, folder: Path) -> str:
    """What a command prints in a folder, with its colours; a CalledProcessError where it fails."""
    # No key and no setting of whoever runs this: they would show.
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    terminal = {"COLUMNS": str(COLUMNS), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "dermtools", *arguments.split()]
    return subprocess.run(
        command, cwd=folder, env=environment | terminal, check=True, text=True, stdout=subprocess.PIPE
    ).stdout


def picture(name: str, output: str) -> str:
    """The SVG of a command's output."""
    shown = PICTURES[name]
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True, color_system="truecolor")
    console.print(Text(f"$ dermtools {shown.arguments}\n", style="bold"))
    for line in _kept(Text.from_ansi(output).split(), shown):
        line.rstrip()
        console.print(line, soft_wrap=True)
    return console.export_svg(title="dermtools", unique_id=name, code_format=_FORMAT)


def _kept(lines: list[Text], shown: Shown) -> list[Text]:
    first = next(at for at, line in enumerate(lines) if line.plain.startswith(shown.begins))
    after = lines[first:]
    ends = (at for at, line in enumerate(after) if shown.ends is not None and line.plain.startswith(shown.ends))
    return [line for line in after[: next(ends, None)] if shown.without is None or shown.without not in line.plain]


def main() -> None:
    """Make all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        for arguments in _MADE_FIRST:
            printed(arguments, Path(made))
        for name, shown in PICTURES.items():
            svg = picture(name, printed(shown.arguments, Path(made)))
            (FOLDER / f"{name}.svg").write_text(svg + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

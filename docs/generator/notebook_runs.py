"""Runs a notebook from top to bottom in the current folder, and keeps it with its outputs.

    python -m docs.generator.notebook_runs NOTEBOOK OUT [NAME=VALUE ...]

The values given here follow the cell that is tagged `parameters`. `make notebooks` runs those of examples/ as they
stand, over pictures drawn by program: what they show is committed, and no photograph of anybody is ever in it.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from IPython.utils.capture import capture_output
from PIL import Image

COLOURS = 64
"""Of a figure that is kept: enough for plots, at a third of the size."""
KINDS = ("text/markdown", "text/html", "image/png", "text/plain")
"""Of outputs, the richest first: that one is kept."""


def digest(notebook: Mapping[str, Any]) -> str:
    """Of what all cells say and show: it changes where somebody edits one, or runs the notebook over other data."""
    kept = [[cell["cell_type"], "".join(cell["source"]), cell.get("outputs", [])] for cell in notebook["cells"]]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def execute(notebook: dict[str, Any], values: Mapping[str, str]) -> None:
    """Run all cells and put what they show into them.

    Raises:
        SystemExit: a cell failed; its traceback is printed.
    """
    shell = InteractiveShell.instance(colors="nocolor")
    shell.display_trap.hook = _display  # else the value of a cell's last line is printed as in a terminal
    for cell in notebook["cells"]:
        if cell["cell_type"] != "code":
            continue
        code = "".join(cell["source"])
        if "parameters" in cell["metadata"].get("tags", ()):
            code += "".join(f"\n{name} = {value!r}" for name, value in values.items())
        with capture_output() as captured:
            done = shell.run_cell(code)
        print(captured.stderr, file=sys.stderr, end="")
        if not done.success:
            print(code, captured.stdout, sep="\n", file=sys.stderr)
            raise SystemExit(1)
        cell["outputs"] = [*_streams(captured.stdout), *(_shown(one) for one in captured.outputs)]


def _display(value: object) -> None:
    if value is not None:
        display(value)


def _streams(text: str) -> list[dict[str, Any]]:
    return [{"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}] if text else []


def _shown(output: Any) -> dict[str, Any]:
    kind = next(kind for kind in KINDS if kind in output.data)
    text = output.data[kind]
    kept = _small(text) if kind == "image/png" else text.splitlines(keepends=True)
    return {"data": {kind: kept}, "metadata": output.metadata, "output_type": "display_data"}


def _small(png: str) -> str:
    figure = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    content = io.BytesIO()
    figure.save(content, "png", optimize=True)
    return base64.b64encode(content.getvalue()).decode()


if __name__ == "__main__":
    path, out, *given = sys.argv[1:]
    read = json.loads(Path(path).read_text(encoding="utf-8"))
    sys.path.insert(0, str(Path(path).resolve().parent))  # as Jupyter does: modules beside the notebook
    execute(read, dict(one.split("=", 1) for one in given))
    read["metadata"]["dermtools"] = {"digest": digest(read)}
    Path(out).write_text(json.dumps(read, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

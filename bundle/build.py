"""Build the desktop bundle, one file that assistants install with a click: `python bundle/build.py OUTPUT.mcpb`.

The wheel of this checkout goes in; what it depends on comes from the index when the app sets the bundle up. The
manifest gets the tools of the catalogue. Validated and packed by the format's own packer, so this needs Node.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

PACKER = "@anthropic-ai/mcpb@2.1.2"
HERE = Path(__file__).parent


def manifest(template: dict[str, Any]) -> dict[str, Any]:
    """The manifest with the tools that are always offered, as its readers see them before they install."""
    from dermtools.tools import offered_tools

    tools = [{"name": spec.name, "description": spec.description} for spec in offered_tools(with_model=False)]
    return {**template, "tools": tools}


def fill(folder: Path) -> None:
    """Put everything into a folder: manifest, server, its environment, and the wheel."""
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(HERE.parent)], check=True)
    [wheel] = folder.glob("dermtools-*.whl")
    shutil.copy(HERE / "server.py", folder)
    environment = (HERE / "pyproject.toml").read_text(encoding="utf-8")
    source = f'\n[tool.uv.sources]\ndermtools = {{ path = "{wheel.name}" }}\n'
    (folder / "pyproject.toml").write_text(environment + source, encoding="utf-8")
    filled = manifest(json.loads((HERE / "manifest.json").read_text(encoding="utf-8")))
    (folder / "manifest.json").write_text(json.dumps(filled, indent=2) + "\n", encoding="utf-8")


def main(output: Path) -> None:
    """Build the bundle; SystemExit with a line where a part of it cannot be had."""
    npx = shutil.which("npx")
    if npx is None:
        sys.exit("npx is not installed: the bundle's packer needs Node 18 or newer")
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        fill(folder)
        for step in (["validate", str(folder / "manifest.json")], ["pack", place, str(output.absolute())]):
            if subprocess.run([npx, "--yes", PACKER, *step]).returncode:
                sys.exit(f"the packer refuses the bundle; see above ({PACKER} {step[0]})")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python bundle/build.py OUTPUT.mcpb")
    main(Path(sys.argv[1]))

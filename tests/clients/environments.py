"""An environment for every client, made once for what its requirements say."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.paths import ROOT

HERE = Path(__file__).parent
KEPT = ROOT / ".clients"
AS_OF = "2026-11-28"
"""What the pinned packages need in their turn is taken as it was on this day."""
INSTALL_SECONDS = 900


class NotInstalled(Exception):  # noqa: N818  (an outcome, not an error)
    """Why an environment cannot be had."""


@dataclass(frozen=True)
class Environment:
    python: Path
    """The interpreter that runs the driver; the project's own where the client is no Python package."""
    modules: Path
    """Folder of npm packages."""


def environment(client: str) -> Environment:
    """Made anew where the client's requirements have changed. Raises NotInstalled."""
    requirements, package = HERE / client / "requirements.txt", HERE / client / "package.json"
    needed = [file for file in (requirements, package) if file.exists()]
    told = b"\0".join([AS_OF.encode(), sys.version.encode(), *(file.read_bytes() for file in needed)])
    folder = KEPT / f"{client}-{hashlib.sha256(told).hexdigest()[:12]}"
    python = folder / "bin" / "python" if requirements.exists() else Path(sys.executable)
    if not (folder / "made").exists():
        for old in KEPT.glob(f"{client}-*"):
            shutil.rmtree(old)
        if requirements.exists():
            uv = _program("uv", "make setup")
            _run(uv, "venv", "--quiet", "--python", sys.executable, str(folder))
            _run(uv, "pip", "install", "--quiet", "--python", str(python), "--exclude-newer", AS_OF, "-r", requirements)
        if package.exists():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(package, folder)
            npm = _program("npm", "Node.js")
            _run(npm, "install", "--no-audit", "--no-fund", "--loglevel=error", f"--before={AS_OF}", folder=folder)
        (folder / "made").touch()
    return Environment(python, folder / "node_modules")


def _program(name: str, comes_with: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise NotInstalled(f"{name} is missing; it comes with {comes_with}")
    return found


def _run(*command: str | Path, folder: Path | None = None) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"not installed within {INSTALL_SECONDS} s") from None
    if done.returncode:
        raise NotInstalled(" ".join(done.stderr.split())[-500:])

"""Environments to install into, and what was tried there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

from tests.support.paths import ROOT

TRIED = [
    ["ingest", "sample", "cases", "--embedder", "descriptor"],
    ["check", "cases"],
    ["search", "cases", "--case", "drawn_p01_1", "-k", "5"],
    ["train", "cases", "--task", "location"],
    ["classify", "cases", "--case", "drawn_p01_1", "--task", "location", "--method", "adapter"],
    ["evaluate", "cases", "--task", "location", "--methods", "majority,knn-vote-5", "--out", "run"],
]
"""Commands that need no extra, and between them all of the core but chat models."""


class Environment:
    """A new environment with nothing in it; `below` lets it see the packages of another one, too."""

    def __init__(self, folder: Path, *, below: Environment | None = None) -> None:
        venv.create(folder, with_pip=False)
        self.folder = folder
        self.python = folder / "bin" / "python"
        if below is not None:
            (self.packages / "below.pth").write_text(f"{below.packages}\n", encoding="utf-8")

    @property
    def packages(self) -> Path:
        (found,) = self.folder.glob("lib/python*/site-packages")
        return found

    def install(self, *wanted: str) -> None:
        """Raises CalledProcessError."""
        pip = [sys.executable, "-m", "pip", "--python", str(self.python), "install", "-qq", "--no-compile"]
        subprocess.run([*pip, *wanted], check=True, cwd=self.folder, env=_bare())

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """`dermtools` with these arguments."""
        command = [str(self.python), "-m", "dermtools", *arguments]
        return subprocess.run(command, capture_output=True, text=True, cwd=cwd or self.folder, env=_bare())

    def doctor(self) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.run("doctor", "--offline", "--json").stdout)
        return found

    def trouble(self) -> list[str]:
        """What of TRIED fails; nothing where all is well."""
        failed = []
        for arguments in TRIED:
            done = self.run(*arguments)
            if done.returncode:
                failed.append(f"dermtools {' '.join(arguments)}: {(done.stderr or done.stdout).strip()[-300:]}")
        return failed


def _bare() -> dict[str, str]:
    """Nothing of this process's environment may leak in: neither the checkout nor the developer's packages."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


def wheel(folder: Path) -> Path:
    """The wheel of this checkout."""
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder)]
    subprocess.run([*command, str(ROOT)], check=True)
    (made,) = folder.glob("*.whl")
    return made

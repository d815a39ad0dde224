"""`python -m tests.installs extras [NAME ...] | lowest | newest | lean`: what can be installed, and works.

extras: each extra alone, over one core; `dermtools doctor` sees it come. lowest: the oldest of each package that
pyproject.toml lets in, newest: the newest of each; torch is TORCH in both, of which pip's own settings say which build.
lean: what an installation without torch and langchain-openai would save, and which commands would be left.
Writes below .installs, gigabytes of it; exit code 1 where something fails.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

from packaging.requirements import Requirement

from tests.installs.environments import Environment, wheel
from tests.support.paths import ROOT

PLACE = ROOT / ".installs"
PINNED = ROOT / "constraints.txt"
TORCH = "torch==2.13.0"
LEFT_OUT = ("torch", "langchain-openai")
ALONE = ("inspect",)
"""Extras that do not go with the pins, and are installed without them."""


def extras(names: list[str]) -> list[str]:
    """Failures."""
    known = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    made = wheel(_empty("wheel"))
    core = Environment(_empty("core"))
    core.install("-c", str(PINNED), str(made))
    failed = [f"core: {one}" for one in core.trouble()]
    for name in names or [name for name in known if name != "all"]:
        if name in _installed(core):
            failed.append(f"{name} is said to be installed where it is not")
        one = Environment(_empty(name), below=core)
        try:
            one.install(*([] if name in ALONE else ["-c", str(PINNED)]), *known[name])
        except subprocess.CalledProcessError:
            failed.append(f"{name} cannot be installed")
            continue
        if name not in _installed(one):
            failed.append(f"{name} is installed, and not said to be")
        failed += [f"{name}: {trouble}" for trouble in one.trouble()]
        print(f"{name}: tried", flush=True)
        shutil.rmtree(one.folder)
    return failed


def bounds(resolution: str) -> list[str]:
    """Failures of an environment with the oldest (`lowest-direct`) or newest (`highest`) of each package."""
    wanted = PLACE / f"{resolution}.txt"
    PLACE.mkdir(exist_ok=True)
    # torch is left to pip: the build on the index brings the libraries of a GPU, several gigabytes.
    override = PLACE / "override.txt"
    override.write_text("torch; sys_platform == 'none'\n", encoding="utf-8")
    uv = [sys.executable, "-m", "uv", "pip", "compile", "-q", "--resolution", resolution, "--override", str(override)]
    uv += ["--python-version", f"3.{sys.version_info.minor}"]
    subprocess.run([*uv, "-o", str(wanted), str(ROOT / "pyproject.toml")], check=True, cwd=PLACE)
    one = Environment(_empty(resolution))
    one.install("-r", str(wanted), TORCH)
    one.install("--no-deps", str(wheel(_empty("wheel"))))
    unwell = [] if one.doctor()["healthy"] else [f"doctor: {one.doctor()['findings']}"]
    return [f"{resolution}: {trouble}" for trouble in (*unwell, *one.trouble())]


def lean() -> list[str]:
    """Prints what an installation would save without each of LEFT_OUT; none of it is a failure."""
    made = wheel(_empty("wheel"))
    for left_out in ((), *((name,) for name in LEFT_OUT), LEFT_OUT):
        one = Environment(_empty("lean"))
        core = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
        kept = [line for line in core if Requirement(line).name not in left_out]
        began = time.monotonic()
        one.install("-c", str(PINNED), *kept)
        seconds = time.monotonic() - began
        one.install("--no-deps", str(made))
        size = sum(path.lstat().st_size for path in one.packages.rglob("*") if path.is_file())
        broken = [f"\n  {trouble}" for trouble in one.trouble()]
        what = f"without {' and '.join(left_out)}" if left_out else "as it is"
        print(f"{what}: {size / 1e6:.0f} MB, {seconds:.0f} s to install", *broken, sep="", flush=True)
        shutil.rmtree(one.folder)
    return []


def _installed(environment: Environment) -> list[str]:
    said = environment.doctor()["extras"]
    assert isinstance(said, dict)
    return [name for name, extra in said.items() if not extra["missing"]]


def _empty(name: str) -> Path:
    folder = PLACE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def main() -> int:
    """Exit code."""
    what, *names = sys.argv[1:] or ["?"]
    kinds = {"lowest": "lowest-direct", "newest": "highest"}
    if what not in ("extras", "lean", *kinds):
        print(__doc__, file=sys.stderr)
        return 2
    failed = lean() if what == "lean" else extras(names) if what == "extras" else bounds(kinds[what])
    print(*failed or ["all well"], sep="\n")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())

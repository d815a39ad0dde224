"""Commands that read a case base start without the libraries that they do not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dermtools.retrieval import CaseBase

UNUSED = (
    "torch",
    "langchain",
    "langchain_core",
    "sklearn",
    "matplotlib",
    "scipy",
    "transformers",
    "openai",
    "lancedb",
    "pandas",
)


@pytest.mark.parametrize("arguments", [["info"], ["cases"], ["search", "--case", "drawn_p01_1"]])
def test_reading_a_case_base_imports_nothing_that_it_does_not_use(case_base: CaseBase, arguments: list[str]) -> None:
    code = (
        "import sys; from dermtools.cli import main\n"
        "try: main()\n"
        f"except SystemExit as end: print(end.code, [m for m in {UNUSED!r} if m in sys.modules], file=sys.stderr)"
    )
    command, *options = arguments
    done = subprocess.run(
        [sys.executable, "-c", code, command, str(case_base.path), *options], capture_output=True, text=True, check=True
    )
    assert done.stderr.strip() == "0 []"

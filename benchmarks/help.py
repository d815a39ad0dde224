"""`dermtools --help` as a whole process, against a bare typer application with as many commands."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.timing import compare, report

BUDGET, RATIO = 0.3, 1.3

BARE = """
import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

def command(path: str, number: int = 1, name: str = "x", flag: bool = False) -> None:
    "Say something in one line of the usual length."

for number in range({commands}):
    app.command(f"command-{{number}}")(command)
app()
"""


def main() -> bool:
    from typer.main import get_command

    from dermtools.cli.app import app

    bare = BARE.format(commands=len(get_command(app).commands))

    def run(code: str) -> None:
        subprocess.run([sys.executable, "-c", code, "--help"], check=True, stdout=subprocess.DEVNULL)

    result = compare(lambda: run("from dermtools.cli import main; main()"), lambda: run(bare), rounds=15)
    measured = f"{result.ours:.2f} s, {result.ratio:.2f} x a bare typer application ({result.peer:.2f} s)"
    holds = result.ours <= BUDGET and result.ratio <= RATIO
    return report("dermtools --help", measured, f"{BUDGET} s and {RATIO} x", holds)


if __name__ == "__main__":
    raise SystemExit(not main())

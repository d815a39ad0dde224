"""The command line: one thin command per verb."""

from dermtools.cli.ending import main

__all__ = ["main"]

"""The command line: one thin command per verb."""

from dermtools.cli.app import main

__all__ = ["main"]

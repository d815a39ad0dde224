"""The version of dermtools: that of the tag it was built from, see docs/versioning.md."""

from __future__ import annotations

from importlib import import_module


def _version() -> str:
    try:
        # Written when the package is built or installed; reading the package's metadata takes longer than it does to
        # print the help.
        return str(import_module("dermtools._version").version)
    except ModuleNotFoundError:
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("dermtools")
        except PackageNotFoundError:
            return "0.0.0"


__version__ = _version()

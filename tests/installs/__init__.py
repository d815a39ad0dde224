"""Installations for real, each in an environment of its own: `python -m tests.installs`; not part of `make test`."""

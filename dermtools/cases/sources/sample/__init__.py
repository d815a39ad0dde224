"""A small set drawn by program, not photographed, so that everything can be tried with no download."""

from dermtools.cases.sources.sample.load import load_sample

__all__ = ["load_sample"]

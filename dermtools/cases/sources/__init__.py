"""Where cases come from: tables, folders, published data sets and a drawn sample."""

from dermtools.cases.sources.load import KINDS, guess_kind, load_source
from dermtools.cases.sources.options import SourceOptions

__all__ = ["KINDS", "SourceOptions", "guess_kind", "load_source"]

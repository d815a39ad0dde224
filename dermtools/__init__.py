"""dermtools: similar dermatology cases as tools for LLM agents. For research; not a diagnosis."""

from importlib import metadata

__version__ = metadata.version("dermtools")

"""The registry of methods: a name such as `rag-5` or `adapter` -> a method, the one door for all that follows.

    method("knn-vote-15", case_base, "location").predict(case_base.query("photo.jpg"))

Another package adds a family through the entry-point group `dermtools.methods`: the entry is named after the family's
pattern, e.g. `my-vote-K`, and its value is a `MethodFamily`.
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.methods.family import MethodFamily as MethodFamily
    from dermtools.methods.registry import families as families
    from dermtools.methods.registry import family_of as family_of
    from dermtools.methods.registry import method as method
    from dermtools.methods.registry import patterns as patterns
    from dermtools.methods.registry import prompted_names as prompted_names
    from dermtools.methods.registry import prompted_pattern as prompted_pattern
    from dermtools.methods.registry import prompted_words as prompted_words

__getattr__, __dir__, __all__ = exports(__name__)

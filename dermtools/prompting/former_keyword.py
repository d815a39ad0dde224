"""The former keyword for a case base."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

GOES = "0.3"
"""Two minor releases after the first that warns, see docs/versioning.md."""

P = ParamSpec("P")
T = TypeVar("T")


def takes_base(function: Callable[P, T]) -> Callable[P, T]:
    """`base=` is the former name of `case_base=`: it still means it, and warns; giving both is a TypeError."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> T:
        if "base" in kwargs:
            if "case_base" in kwargs:
                raise TypeError(f"{function.__qualname__}: base= is the former name of case_base=; give one of them")
            said = f"{function.__qualname__}: base= is called case_base= now; the former name goes with version {GOES}"
            warnings.warn(said, DeprecationWarning, stacklevel=2)
            kwargs["case_base"] = kwargs.pop("base")
        return function(*args, **kwargs)

    return call

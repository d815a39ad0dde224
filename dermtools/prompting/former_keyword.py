"""The former keyword for a case base."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def takes_base(function: Callable[P, T]) -> Callable[P, T]:
    """`base=` is the former name of `case_base=` and still means it; giving both is a TypeError."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> T:
        if "base" in kwargs:
            if "case_base" in kwargs:
                raise TypeError(f"{function.__qualname__}: base= is the former name of case_base=; give one of them")
            kwargs["case_base"] = kwargs.pop("base")
        return function(*args, **kwargs)

    return call

"""Inputs near those that are known to be read: parts repeated without end, cut out, put elsewhere, replaced."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T", str, bytes)


def mutated(seeds: Sequence[T], words: Sequence[T], *, most: int = 4, length: int = 20_000) -> st.SearchStrategy[T]:
    """A seed after up to `most` changes, at most `length` long; `words` are what the format gives a meaning to."""

    def changed(seed: T, other: T, count: int, rng: random.Random) -> T:
        value = seed
        for _ in range(count):
            start = rng.randint(0, len(value))
            end = min(len(value), start + rng.choice([0, 1, 2, 8, 64, len(value)]))
            kept, cut, rest = value[:start], value[start:end], value[end:]
            match rng.randrange(5):
                case 0:
                    value = kept + rest
                case 1:
                    value = kept + rng.choice(words) * rng.choice([1, 1, 2, 50, 500, 5000]) + rest
                case 2:
                    value = kept + cut * rng.choice([2, 3, 40, 2000]) + rest
                case 3:
                    value = kept + other[rng.randint(0, len(other)) :] + rest
                case _:
                    value = kept + _noise(value, rng) + rest
            value = value[:length]
        return value

    return st.builds(
        changed,
        st.sampled_from(seeds),
        st.sampled_from(seeds),
        st.integers(0, most),
        st.randoms(use_true_random=False, note_method_calls=False),
    )


def _noise(like: T, rng: random.Random) -> T:
    size = rng.randint(1, 4)
    if isinstance(like, bytes):
        return rng.randbytes(size)
    return "".join(
        chr(rng.choice([rng.randint(0, 127), rng.randint(128, 0x2FFF), 0xD800, 0x1F600])) for _ in range(size)
    )


def values(words: Sequence[str]) -> st.SearchStrategy[object]:
    """JSON values of any shape, deep ones among them."""
    plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(words)
    flat = st.recursive(plain, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner))

    def deep(value: object, depth: int) -> object:
        for _ in range(depth):
            value = [value] if depth % 2 else {"a": value}
        return value

    return st.builds(deep, flat, st.sampled_from([0, 0, 0, 0, 0, 1, 90, 500]))

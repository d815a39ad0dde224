"""What Lance raises, said in one line: without the places in its sources, and without what an address may carry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from dermtools.addresses import STORES, Address
from dermtools.errors import CaseBaseError

# Lance raises OSError and RuntimeError for what is wrong with its files, ValueError for a missing table or
# a bad argument; garbled cells come as ValueError (Arrow, UTF-8, JSON) or KeyError.
LANCE_ERRORS = (RuntimeError, ValueError, OSError, KeyError)

_CONFLICT = re.compile(r"incompatible with concurrent|[Cc]ommit conflict|Dataset already exists|preempted by")
_NO_BUCKET = re.compile(r"NoSuchBucket|ContainerNotFound|bucket does not exist")
_REFUSED = re.compile(
    r"\b40[13] |AccessDenied|InvalidAccessKeyId|SignatureDoesNotMatch|[Cc]redential|token request|169\.254\.|"
    r"resolve region|storage account|not authorized|Unauthenticated"
)
_AWAY = re.compile(r"after \d+ retries|error sending request|timed out|timeout|\b5\d\d |operation was interrupted")


class NoTableError(CaseBaseError):
    """There is no such table: nothing lies there, or another part of it."""


@contextmanager
def one_line_errors(problem: str, remedy: str = "", place: Path | None = None) -> Iterator[None]:
    """Say in one line what Lance raises; where the `place` is on an object store, what that is about."""
    try:
        yield
    except LANCE_ERRORS as error:
        text = str(error)
        if isinstance(place, Address):
            raise _about_store(place, text, problem, remedy) from None  # its text may hold what signs a request
        reason = re.sub(r",? ?/\S+\.rs:\d+:\d+", "", text.partition("\n")[0]).removeprefix("lance error: ")
        reason = re.sub(r"(https?://[^\s?]+)\?\S+", r"\1", reason)
        raise CaseBaseError(f"{problem}: {reason}{remedy}") from error


def reading(place: Path) -> AbstractContextManager[None]:
    """While a table is read that ought to be whole."""
    return one_line_errors(f"{place} is damaged", "; restore it, or ingest again into a new folder", place)


def writing(place: Path) -> AbstractContextManager[None]:
    """While a table is written."""
    return one_line_errors(f"{place} could not be written", "", place)


def is_missing(error: ValueError) -> bool:
    """Whether Lance found no table, rather than no store, no credentials or no answer."""
    return "was not found" in str(error)


def _about_store(place: Address, text: str, problem: str, remedy: str) -> CaseBaseError:
    scheme = str(place).partition(":")[0]
    if _CONFLICT.search(text):
        return CaseBaseError(f"another writer committed to {place} meanwhile; run it again")
    if _NO_BUCKET.search(text):
        return CaseBaseError(f"{place}: there is no such bucket; make it, or check the name and the endpoint")
    if _REFUSED.search(text):
        return CaseBaseError(
            f"{place}: the object store does not let us in; give {STORES[scheme]}, the region and, where it is not the "
            "provider's own, the endpoint by the environment"
        )
    if _AWAY.search(text):
        return CaseBaseError(
            f"{place}: the object store does not answer, or is overloaded; check the endpoint, or run it again later"
        )
    reason = re.sub(r",? ?/\S+\.rs:\d+:\d+|\?\S+", "", text.partition("\n")[0])[:200]
    return CaseBaseError(f"{problem}: {reason}{remedy}")

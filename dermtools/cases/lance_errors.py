"""What Lance says of its files, as one line that says what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from dermtools.errors import CaseBaseError

# Lance raises OSError and RuntimeError for what is wrong with its files, ValueError for a missing table or
# a bad argument; garbled cells come as ValueError (Arrow, UTF-8, JSON) or KeyError.
_LANCE_ERRORS = (RuntimeError, ValueError, OSError, KeyError)


@contextmanager
def one_line_errors(problem: str, remedy: str = "") -> Iterator[None]:
    """Say in one line what Lance raises, without the places in its sources that it ends with."""
    try:
        yield
    except _LANCE_ERRORS as error:
        reason = re.sub(r",? ?/\S+\.rs:\d+:\d+", "", str(error).partition("\n")[0]).removeprefix("lance error: ")
        raise CaseBaseError(f"{problem}: {reason}{remedy}") from error


def reading(folder: Path) -> AbstractContextManager[None]:
    """The same, where the case base in the folder is read."""
    return one_line_errors(f"{folder} is damaged", "; restore it, or ingest again into a new folder")

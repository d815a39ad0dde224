"""What a model is told about a call that failed: whether to change the arguments, or to stop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dermtools.errors import DermtoolsError
from dermtools.text import bounded
from dermtools.tools.results import quoted

TRY_AGAIN = "The arguments were wrong. Change them and call the tool again."
SHOWN_REASON = 1000
"""Characters of an error that a model is told."""


def without_path(error: DermtoolsError, case_base: Path) -> str:
    """An error's text; says nothing of where the case base lies."""
    return str(error).replace(str(case_base), "the case base")


def error_message(error: DermtoolsError, case_base: Path) -> str:
    """What a model is told about an error: whether to try again, and why."""
    reason = quoted([bounded(without_path(error, case_base), SHOWN_REASON)])
    if error.fixable:
        return f"{TRY_AGAIN}\n{reason}"
    return f"This error is final: do not call this tool again for this, and tell the user what it says.\n{reason}"


def validation_message(error: Any) -> str:
    """What a model is told about arguments that do not fit the schema: each problem on its line."""
    if isinstance(error, ValidationError):
        problems = [(problem["loc"], problem["msg"]) for problem in error.errors(include_url=False)[:10]]
    else:
        problems = [((), str(error))]
    lines = [
        bounded(f"{'.'.join(map(str, place)) or 'arguments'}: {reason}", SHOWN_REASON) for place, reason in problems
    ]
    return f"{TRY_AGAIN}\n{quoted(lines)}"

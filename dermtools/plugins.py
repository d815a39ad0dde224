"""What other packages add through entry points, by name and place (`module:name`)."""

from __future__ import annotations

import pkgutil
from typing import Any

from dermtools.errors import DermtoolsError
from dermtools.text import one_line


def contributed(group: str) -> dict[str, str]:
    """Name to place of every entry of a group. Reads the metadata of all installed packages."""
    from importlib.metadata import entry_points

    return {entry.name: entry.value for entry in sorted(entry_points(group=group), key=lambda entry: entry.name)}


def imported(place: str, what: str, error: type[DermtoolsError]) -> Any:
    """What is at a place; where it cannot be imported, an `error` in one line that begins with `what`."""
    try:
        return pkgutil.resolve_name(place)
    except (ImportError, AttributeError, SyntaxError, NameError, TypeError, ValueError, OSError, RuntimeError) as cause:
        reason = f"{type(cause).__name__}: {one_line(str(cause), 300)}"
        raise error(f"{what} ({place}) cannot be imported: {reason}; repair or uninstall its package") from cause

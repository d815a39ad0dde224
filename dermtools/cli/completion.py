"""What the Tab key offers besides commands, options and files."""

from __future__ import annotations

import typer


def tasks(context: typer.Context) -> list[str]:
    """Tasks of the case base that is typed already."""
    from dermtools.addresses import case_base_place
    from dermtools.cases.manifest import read_manifest
    from dermtools.errors import CaseBaseError

    # While the value of an option is awaited, the words before it are not taken apart.
    path = context.params.get("path") or next(iter(context.args), "")
    try:
        return [task.name for task in read_manifest(case_base_place(path)).tasks]
    except CaseBaseError:
        return []


def methods() -> list[str]:
    """Methods by an example of their names."""
    from dermtools.methods.registry import patterns

    return [pattern.replace("-K", "-5") for pattern in patterns()]


def prompted() -> list[str]:
    """Those that `dermtools prompt` shows."""
    from dermtools.methods.registry import prompted_names

    return prompted_names()

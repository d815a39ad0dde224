"""Paths typed wrong: said with what lies nearest, before anything heavy is loaded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from pathlib import Path
from shlex import quote
from typing import Any

from typer.core import TyperCommand

from dermtools.addresses import Address
from dermtools.errors import CaseBaseError, ImageError, SourceError


class Checked(TyperCommand):
    """A command whose paths are looked at when all that was typed is understood."""

    def invoke(self, ctx: Any) -> Any:
        """Run it; an error of `checked` comes first."""
        checked(ctx.command.name, ctx.params)
        return super().invoke(ctx)


def checked(command: str, given: Mapping[str, Any]) -> None:
    """Refuse a case base, picture or source that is not there, with what lies near it.

    Raises:
        CaseBaseError, ImageError, SourceError: it is not there.
    """
    base = given.get("path")
    if base is not None and not isinstance(base, Address) and command != "ingest" and not base.exists():
        near = _near(base, lambda folder: (folder / "manifest.json").is_file())
        raise CaseBaseError(f"no case base at {base}; {near}make one with: dermtools ingest SOURCE {quote(str(base))}")
    talked_about = given.get("images") if command == "chat" else None
    for picture in (given.get("image"), *(talked_about or ())):
        if picture is not None and not picture.expanduser().exists() and not str(picture).startswith("data:"):
            near = _near(picture, Path.is_file)
            raise ImageError(f"no picture at {picture}; {near}check the path (now in {Path.cwd()})")
    source = given.get("source") or given.get("data")
    if source and source != "sample" and not Path(source).expanduser().exists():
        word = "did you mean sample? " if get_close_matches(source, ["sample"]) else ""
        if near := word or _near(Path(source), Path.exists):
            raise SourceError(f"no table or folder at {source}; {near}check the path (now in {Path.cwd()})")


def _near(path: Path, wanted: Callable[[Path], bool]) -> str:
    try:
        names = {one.name.casefold(): one for one in path.expanduser().parent.iterdir() if wanted(one)}
    except OSError:
        return f"the folder {path.parent} is not there either; " if not path.parent.exists() else ""
    near = get_close_matches(path.name.casefold(), names, n=1)
    return f"did you mean {path.parent / names[near[0]].name}? " if near else ""

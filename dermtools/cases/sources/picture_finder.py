"""Where the picture is that a table names: paths of other machines, other spellings, other extensions."""

from __future__ import annotations

import bisect
import difflib
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote

from dermtools.cases.sources.pictures import is_file, visible_files
from dermtools.images.kinds import SUFFIXES
from dermtools.text import one_line

_SAME_FORMAT = {".jpeg": ".jpg", ".jpe": ".jpg", ".jfif": ".jpg", ".tiff": ".tif", ".heif": ".heic"}
_QUOTES = "\"'«»„“”‘’` \t\r\n\xa0\u200b\ufeff"
_WEB = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_NEAR = 10
"""Names before and after the missing one, from the front and from the back, that may be the nearest."""


class _Name(NamedTuple):
    """A path as it is compared: folded parts, the last without its extension."""

    parts: tuple[str, ...]
    suffix: str
    """Extension of the picture's format; empty where there is none."""


class _File(NamedTuple):
    path: Path
    name: _Name
    below: int
    """Parts of the name that lie below the folder that was searched."""


class PictureFinder:
    """Finds pictures below folders that are walked once, and only when a path does not exist as written."""

    def __init__(self, folders: Sequence[Path], cells: Callable[[], Iterable[str]], *, below: bool = True) -> None:
        """Search `folders`, and all below them unless only the very paths are meant.

        `cells` gives every name that the table has, by which doubtful ones are told.
        """
        self._folders = folders
        self._cells = cells
        self._below = below

    def find(self, cell: str) -> Path:
        """The one file that fits: the very path, else by the last parts of it, without case or Unicode form.

        `.jpeg` stands for `.jpg`, and a name without extension for any. A file in another folder than a relative
        path says is taken only where the path's folders are those above the searched one; one that two names of
        the table would fit is not.

        Raises:
            ValueError: no such file, with the nearest names; or two files fit.
        """
        if _WEB.match(cell.strip(_QUOTES)) and not cell.strip(_QUOTES).lower().startswith("file:"):
            raise ValueError(f"is on the web, where nothing is read: {one_line(cell)}; download it and give its path")
        for spelling in _spellings(cell):
            if found := [path for folder in self._folders if is_file(path := folder / spelling)]:
                return _only(cell, found)
        wanted = _name(cell)
        alike = [
            file
            for file in self._files.get(wanted.parts[-1] if wanted.parts else "", ())
            if not wanted.suffix or wanted.suffix == file.name.suffix
        ]
        matched = [_common_end(wanted.parts, file.name.parts) for file in alike]
        best = [file for file, depth in zip(alike, matched, strict=True) if depth == max(matched)]
        if any(self._fits(cell, wanted, file, max(matched)) for file in best):
            return _only(cell, [file.path for file in best])
        raise ValueError(self._missing(cell, wanted))

    def relative(self, path: Path) -> str | None:
        """Path below the first folder that holds it, with `/`; None for one that lies elsewhere."""
        return next((path.relative_to(f).as_posix() for f in self._folders if path.is_relative_to(f)), None)

    def _fits(self, cell: str, wanted: _Name, file: _File, depth: int) -> bool:
        if depth == len(wanted.parts):
            return True
        moved = depth >= file.below or _is_absolute(cell)
        return moved and self._endings[wanted.parts[-depth:]] == 1

    @cached_property
    def _files(self) -> dict[str, list[_File]]:
        files: dict[str, list[_File]] = defaultdict(list)
        for folder in self._folders if self._below else ():
            above = folder.resolve().parts
            for path in visible_files(folder, skip_unreadable=True):
                parts = path.relative_to(folder).parts
                name = _folded([*above, *parts])
                files[name.parts[-1]].append(_File(path, name, len(parts)))
        return files

    @cached_property
    def _endings(self) -> Counter[tuple[str, ...]]:
        """How many different names of the table end in the same parts."""
        names = {_name(cell).parts for cell in self._cells()}
        return Counter(parts[start:] for parts in names for start in range(len(parts)))

    def _missing(self, cell: str, wanted: _Name) -> str:
        plain = one_line(cell.strip(_QUOTES))
        shown = plain if _is_absolute(cell) or "\\" in cell else str(self._folders[0] / plain)
        stem = wanted.parts[-1] if wanted.parts else ""
        near = [stem] if stem in self._files else difflib.get_close_matches(stem, self._around(stem), n=2)
        files = [file.path for name in near for file in self._files[name][:2]][:2]
        names = " or ".join(self.relative(path) or str(path) for path in files)
        return f"no such file: {shown}" + (f"; the nearest is {names}" if names else "")

    def _around(self, stem: str) -> set[str]:
        """Names whose beginning or end is like that of the missing one."""
        found = set()
        for names, word in ((self._forward, stem), (self._backward, stem[::-1])):
            at = bisect.bisect(names, word)
            near = names[max(0, at - _NEAR) : at + _NEAR]
            found |= set(near) if names is self._forward else {name[::-1] for name in near}
        return found

    @cached_property
    def _forward(self) -> list[str]:
        return sorted(self._files)

    @cached_property
    def _backward(self) -> list[str]:
        return sorted(name[::-1] for name in self._files)


def _spellings(cell: str) -> Iterable[str]:
    """Ways to read a cell as a path here, the one as written first."""
    plain = cell.strip(_QUOTES)
    if plain.lower().startswith("file:"):
        plain = unquote(plain[5:])
        plain = "/" + plain.lstrip("/") if not _DRIVE.match(plain.lstrip("/")) else plain.lstrip("/")
    slashes = plain.replace("\\", "/")
    home = str(Path(slashes).expanduser()) if slashes.startswith("~/") else ""
    return dict.fromkeys(word for word in (cell, plain, home, slashes, unquote(slashes)) if word)


def _is_absolute(cell: str) -> bool:
    plain = cell.strip(_QUOTES)
    return (
        plain[:1] in ("/", "\\", "~", "%", "$") or plain.lower().startswith("file:") or _DRIVE.match(plain) is not None
    )


def _name(cell: str) -> _Name:
    *_, spelling = _spellings(cell) or [""]
    parts: list[str] = []
    for part in _DRIVE.sub("", spelling, count=1).split("/") if _DRIVE.match(spelling) else spelling.split("/"):
        if part == "..":
            parts = parts[:-1]
        elif part not in ("", "."):
            parts.append(part)
    return _folded(parts)


def _folded(parts: Sequence[str]) -> _Name:
    folded = [_fold(part) for part in parts]
    suffix = PurePosixPath(folded[-1]).suffix if folded else ""
    suffix = _SAME_FORMAT.get(suffix, suffix)
    if suffix not in SUFFIXES:
        return _Name(tuple(folded), "")
    return _Name((*folded[:-1], folded[-1].rpartition(".")[0]), suffix)


def _fold(part: str) -> str:
    folded = unicodedata.normalize("NFKC", unquote(part)).casefold()
    return unicodedata.normalize("NFKC", folded).strip()


def _common_end(left: Sequence[str], right: Sequence[str]) -> int:
    """How many of the last parts are the same."""
    return sum(1 for _ in takewhile(bool, map(str.__eq__, reversed(left), reversed(right))))


def _only(cell: str, paths: Sequence[Path]) -> Path:
    if len(paths) == 1:
        return paths[0]
    first, *others = {path.resolve(): path for path in paths}.values()
    if others:
        raise ValueError(
            f"fits two files: {one_line(cell.strip(_QUOTES))} may be {first} or {others[0]}; give its full path"
        )
    return first

"""Picture files in a folder: which files are pictures, and where the one of a given name is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from dermtools.errors import SourceError
from dermtools.images.kinds import SUFFIXES


def is_picture(name: str) -> bool:
    """Whether a file name ends like a picture that `dermtools.images` opens."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def picture_stem(name: str) -> str:
    """File name without folder and picture extension: `a/IMG_1.v2.JPG` gives `IMG_1.v2`."""
    path = PurePosixPath(name)
    return path.stem if is_picture(name) else path.name


def is_file(path: Path) -> bool:
    """Whether a file exists; one whose name no file system accepts does not."""
    try:
        return path.is_file()
    except OSError:
        return False


def visible_files(
    folder: Path, *, skip_unreadable: bool = False, _above: frozenset[Path] = frozenset()
) -> Iterator[Path]:
    """Files at any depth, sorted by folder and name; hidden ones and macOS resource forks are skipped.

    Links to folders are followed, but never back into a folder that they are in.

    Raises:
        SourceError: a folder cannot be listed, unless such are skipped.
    """
    real = folder.resolve()
    if real in _above:
        return
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        if skip_unreadable:
            return
        reason = f"cannot be listed ({error.strerror}); check that it is a readable folder"
        raise SourceError(f"{folder}: {reason}") from error
    for entry in entries:
        if entry.name.startswith(".") or entry.name == "__MACOSX":
            continue
        if entry.is_dir():
            yield from visible_files(entry, skip_unreadable=skip_unreadable, _above=_above | {real})
        elif entry.is_file():
            yield entry


class PictureIndex:
    """Every picture below folders, listed once, found by name whatever its folder, extension or case."""

    def __init__(self, *folders: Path) -> None:
        self._by_stem: dict[str, list[Path]] = defaultdict(list)
        for path in (path for folder in folders for path in visible_files(folder)):
            if is_picture(path.name):
                self._by_stem[picture_stem(path.name).casefold()].append(path)

    def __bool__(self) -> bool:
        return bool(self._by_stem)

    def find(self, name: str, *, folder: str) -> Path | None:
        """Path of the picture, or None.

        Of several files, one with the very name is taken before one with another extension or case, then
        one below a folder called `folder`, then the one least deep.
        """

        def rank(path: Path) -> tuple[bool, bool, int, Path]:
            return path.name != PurePosixPath(name).name, folder not in path.parts, len(path.parts), path

        return min(self._by_stem.get(picture_stem(name).casefold(), []), key=rank, default=None)

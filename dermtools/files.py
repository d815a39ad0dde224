"""Files and folders that are written completely or not at all, and the JSON records that are kept in them."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dermtools.errors import CaseBaseError, DermtoolsError
from dermtools.strict_json import parsed

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")  # one letter is a Windows drive


def local_path(given: str | Path, error: type[DermtoolsError] = DermtoolsError) -> Path:
    """The path as a `Path`; an address such as `s3://bucket/x` is refused with `error`, quoted as it was typed."""
    address = _ADDRESS.match(str(given))
    if address is None or Path(given).exists():
        return Path(given)
    typed = str(given).replace(":/", "://", 1) if isinstance(given, Path) else given
    raise error(
        f"{typed}: only local folders and files are read and written; object stores and web addresses "
        f"({address[1]}://) are not supported yet: work on a local copy, and name its path"
    )


def writable(given: str | Path, *, folder: bool = False, error: type[DermtoolsError] = DermtoolsError) -> Path:
    """The local path, where a file can be written there, or in the folder there; tried, and nothing is left behind.

    For before long or paid work whose result goes there. Raises `error`.
    """
    path = local_path(given, error)
    place = path if folder else path.parent
    while not os.path.lexists(place) and place != place.parent:
        place = place.parent
    try:
        if path.is_dir() and not folder:
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryFile(dir=place):
            return path
    except OSError as problem:
        raise error(f"cannot write {path}: {problem.strerror}; choose a folder that can be written") from problem


def write_whole(path: Path, content: str | bytes, *, mode: int = 0o644) -> None:
    """Replace a file in one step: a reader, or a crash, sees the former content or this one. Raises an OSError."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        draft.chmod(mode)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a hidden folder beside `path` to be filled; it takes the name `path` at the end, at once.

    Raises:
        CaseBaseError: `path` exists already and is not an empty folder, or it cannot be written.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CaseBaseError(f"{path} exists already and is not empty; choose another folder, or open it")
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{path.name}-", dir=path.parent))
        yield draft
        draft.chmod(0o755)
        draft.replace(path)
    except OSError as error:
        raise CaseBaseError(f"{path} cannot be created: {error.strerror}") from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)


def read_record(
    path: Path,
    model: type[M],
    *,
    newest: int,
    error: type[DermtoolsError],
    what: str,
    missing: str,
    remedy: str,
    versioned: Callable[[Any], Any] = lambda content: content,
) -> M:
    """Read a JSON file that names its `format_version`, in the part `versioned` of it; older ones than `newest` too.

    `what` the file is, e.g. `the manifest of a case base`, the message where it is `missing`, and the `remedy` where
    it is damaged, e.g. `restore it`, go into the errors.

    Raises:
        DermtoolsError: of the type `error`: it is missing, unreadable, damaged, foreign, or of a newer format.
    """
    from pydantic import ValidationError

    try:
        content = parsed(path.read_bytes())
    except FileNotFoundError:
        raise error(missing) from None
    except OSError as problem:
        raise error(f"{path} cannot be read: {problem.strerror}") from problem
    except ValueError as problem:  # broken JSON or UTF-8, or nested without end
        raise error(f"{path} is damaged: it is not JSON; {remedy}") from problem
    part = versioned(content) if isinstance(content, dict) else None
    written = part.get("format_version") if isinstance(part, dict) else None
    if not isinstance(written, int) or isinstance(written, bool):
        raise error(f"{path} is not {what}: it names no format_version")
    if written > newest:
        newer = f"was made by a newer dermtools (format {written}, this one reads {newest})"
        raise error(f"{path} {newer}; upgrade with: pip install -U dermtools")
    try:
        return model.model_validate_json(json.dumps(content))
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise error(f"{path} is damaged at {where}: {first['msg']}; {remedy}") from problem

"""Files and folders that are written completely or not at all, and the JSON records that are kept in them."""

from __future__ import annotations

import errno
import json
import os
import re
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from dermtools.errors import CaseBaseError, DermtoolsError
from dermtools.strict_json import parsed

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")  # one letter is a Windows drive
_DRAFT = ".dermtools-draft-"


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


def file_mode(within: Path | None = None) -> int:
    """Permissions of a new file, less the umask: its owner's only, the group's too under DERMTOOLS_SHARED.

    In a folder of ours, `within`, it is open to whom the folder is open to: to share one later, chmod is enough.
    """
    return _folder_mode(within) & 0o666


def _folder_mode(within: Path | None = None, shared: bool = False) -> int:
    if within is not None:
        return within.stat().st_mode & 0o777
    return 0o770 if shared or os.environ.get("DERMTOOLS_SHARED") == "1" else 0o700


def make_folder(path: Path, *, within: Path | None = None) -> None:
    """Make a folder where there is none, `file_mode` tells for whom; an empty one becomes so too. Raises an OSError."""
    if within is not None:
        for place in reversed([path, *(one for one in path.parents if one.is_relative_to(within) and one != within)]):
            place.mkdir(_folder_mode(within), exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.mkdir(_folder_mode(), exist_ok=True)
    if not any(path.iterdir()):
        _tighten(path, _folder_mode())


def make_file(path: Path, *, within: Path | None = None) -> None:
    """Make an empty file where there is none; see `file_mode`. Raises an OSError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, file_mode(within)))


def tighten(path: Path, within: Path) -> None:
    """Close a file or folder that another library wrote, and all in it, to whom the folder `within` is closed."""
    mode = _folder_mode(within)
    for place in (path, *path.rglob("*")):
        _tighten(place, mode)


def _tighten(path: Path, mode: int) -> None:
    # What went meanwhile, or is another user's: the folder around it protects it.
    with suppress(OSError):
        before = path.lstat().st_mode
        if not stat.S_ISLNK(before) and before & 0o777 & ~mode:
            path.chmod(before & 0o7000 | before & mode)


def write_whole(path: Path, content: str | bytes, *, within: Path | None = None, mode: int | None = None) -> None:
    """Replace a file in one step: a reader, or a crash, sees the former content or this one. Raises an OSError.

    It is its owner's only, or follows the folder of ours `within`, see `file_mode`, or has this `mode` at most.
    """
    mode = file_mode(within) if mode is None else mode
    with _draft(path.parent, partial(Path.touch, mode=mode, exist_ok=False)) as draft:
        with draft.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


@contextmanager
def draft_folder(folder: Path, mode: int = 0o700) -> Iterator[Path]:
    """Yield a hidden new folder in `folder`; it is gone at the end unless it was renamed. Raises an OSError."""
    with _draft(folder, partial(Path.mkdir, mode=mode)) as draft:
        yield draft


@contextmanager
def new_folder(path: Path, *, shared: bool = False, otherwise: str = "empty it") -> Iterator[Path]:
    """Yield a hidden folder beside `path` to be filled; it takes the name `path` at the end, at once.

    It is its owner's only, and the group's too where it is `shared`. `otherwise` says what else than to choose another.

    Raises:
        CaseBaseError: `path` exists already and is not an empty folder, or it cannot be written.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise CaseBaseError(f"{path} exists already and is not empty; choose another folder, or {otherwise}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft_folder(path.parent, _folder_mode(shared=shared)) as draft:
            yield draft
            for place in draft.iterdir():
                tighten(place, draft)
            draft.replace(path)
    except OSError as error:
        raise CaseBaseError(f"{path} cannot be created: {error.strerror}") from error


def sweep(folder: Path, *, below: bool = False) -> None:
    """Remove the drafts that processes which were killed left in a folder, or `below` it; those under way stay."""
    for draft in list(folder.glob(f"**/{_DRAFT}*" if below else f"{_DRAFT}*")):
        with _locked(draft) as left:
            if left:
                _remove(draft)


@contextmanager
def _draft(folder: Path, make: Callable[[Path], object]) -> Iterator[Path]:
    """A hidden file or folder that `make` makes, locked as long as it is in use."""
    sweep(folder)
    draft = folder / f"{_DRAFT}{secrets.token_hex(8)}"
    try:
        with ExitStack() as in_use:
            while not draft.exists():  # again where it was swept before it was locked
                make(draft)
                in_use.enter_context(_locked(draft, wait=True))
            yield draft
    finally:
        _remove(draft)


def _remove(draft: Path) -> None:
    with suppress(OSError):
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)


@contextmanager
def _locked(path: Path, *, wait: bool = False) -> Iterator[bool]:
    """Whether nobody else has the file or folder locked; then it is, until the end or the process ends.

    Windows has no such lock, nor do some network drives: nothing is swept there.
    """
    try:
        import fcntl

        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except (ImportError, OSError):
        yield False
        return
    try:
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(opened)


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
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise error(missing) from None
    except OSError as problem:
        raise error(f"{path} cannot be read: {problem.strerror}") from problem
    return parse_record(content, path, model, newest=newest, error=error, what=what, remedy=remedy, versioned=versioned)


def parse_record(
    content: bytes,
    path: Path | str,
    model: type[M],
    *,
    newest: int,
    error: type[DermtoolsError],
    what: str,
    remedy: str,
    versioned: Callable[[Any], Any] = lambda content: content,
) -> M:
    """As `read_record`, from bytes that lie at `path`."""
    from pydantic import ValidationError

    try:
        read = parsed(content)
    except ValueError as problem:  # broken JSON or UTF-8, or nested without end
        raise error(f"{path} is damaged: it is not JSON; {remedy}") from problem
    part = versioned(read) if isinstance(read, dict) else None
    written = part.get("format_version") if isinstance(part, dict) else None
    if not isinstance(written, int) or isinstance(written, bool):
        raise error(f"{path} is not {what}: it names no format_version")
    if written > newest:
        newer = f"was made by a newer dermtools (format {written}, this one reads {newest})"
        raise error(f"{path} {newer}; upgrade with: pip install -U dermtools")
    try:
        return model.model_validate_json(json.dumps(read))
    except ValidationError as problem:
        first = problem.errors()[0]
        where = ".".join(str(part) for part in first["loc"])[:200]  # a name in a foreign file may be of any length
        raise error(f"{path} is damaged at {where}: {first['msg']}; {remedy}") from problem

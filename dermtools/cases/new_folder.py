"""A folder that appears whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dermtools.errors import CaseBaseError


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield a hidden folder beside `path` to be filled; it takes the name `path` at the end, at once.

    Raises:
        CaseBaseError: there is something at `path` already, or it cannot be written.
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

"""Every error dermtools raises on purpose.

Each message is one line: what is wrong, where, and what to do. Two kinds matter to a caller that can
react, such as an agent: with `fixable` errors, other arguments may succeed; the rest are final until
somebody changes the set-up.
"""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType
from typing import ClassVar


class DermtoolsError(Exception):
    """Root of all errors that dermtools raises on purpose."""

    fixable: ClassVar[bool] = False


class ImageError(DermtoolsError):
    """A picture cannot be read, or is refused because of its size or format."""

    fixable = True


class QueryError(DermtoolsError):
    """A question to a case base cannot be answered as asked: unknown case, task, column or bad k."""

    fixable = True


class SourceError(DermtoolsError):
    """A labelled image set cannot be read: missing file, missing column, bad cell."""


class EmbeddingError(DermtoolsError):
    """An embedder cannot be loaded, failed its self-test, or did not return what it promised."""


class CaseBaseError(DermtoolsError):
    """A case base on disk is missing, damaged, foreign, locked, or of another format or embedder."""


class TrainingError(DermtoolsError):
    """A classifier cannot be trained or loaded for this task, these labels or this embedder."""


class PromptError(DermtoolsError):
    """A prompt file is invalid or unknown, or its variables do not match."""


class ModelError(DermtoolsError):
    """A chat model cannot be set up or did not answer."""


class StoppedError(DermtoolsError):
    """A call was stopped by who made it, before it had a result."""


class MissingExtraError(DermtoolsError):
    """An optional dependency is not installed."""


def require_extra(module: str, extra: str) -> ModuleType:
    """Import `module`, or say which pip line installs it.

    Raises:
        MissingExtraError: the module is not installed; the message names the extra.
    """
    package = module.partition(".")[0]
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != package:
            raise
        raise MissingExtraError(_missing(package, extra)) from error


def missing_extra(package: str, extra: str) -> str | None:
    """What `require_extra` would say of `package`, found without importing it; None where it is installed."""
    return None if importlib.util.find_spec(package) is not None else _missing(package, extra)


def _missing(package: str, extra: str) -> str:
    return f"{package} is not installed; run: pip install 'dermtools[{extra}]'"

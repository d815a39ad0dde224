"""What an error may say to a model or a client: everything but where something lies on the operator's machine."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import quote

from dermtools.errors import DermtoolsError

logger = logging.getLogger(__name__)

A_PATH = "[a path]"
NONE_KNOWN: Mapping[str | Path, str] = MappingProxyType({})

_START = r"(?:file:/{2,3}|(?<![\w/.<~:])~/|(?<![\w/.<~])/(?!/)|(?<!\w)[A-Za-z]:[\\/]|(?<![\w\\])\\\\)"
# After a blank or a comma it goes on where a separator, or what looks like a file's name, is among the next words.
_GOES_ON = r"[\s,()]+(?=(?:[^\s'\":;<>|]+\s){0,4}[^\s'\":;<>|]*(?:[\\/]|\.[A-Za-z]\w{1,11}(?!\w)))"
_ABSOLUTE = re.compile(
    rf"(?P<quote>['\"])(?={_START})(?:(?!(?P=quote)).)+(?P=quote)|{_START}(?:[^\s'\":;,<>|()]|{_GOES_ON})*"
)


def places(
    case_base: Path, embedder: str | None, *, granted: Iterable[Path] = (), prompts: Iterable[Path] = ()
) -> dict[str | Path, str]:
    """For `client_text`: the paths that whoever set up tools, a server or a retriever chose, with what each is."""
    file = (embedder or "").partition(":")[2].partition("?")[0]
    known: dict[str | Path, str] = {file: "the embedder's file"} if file else {}
    for words, paths in (("a prompt folder", prompts), ("a granted folder", granted), ("the case base", [case_base])):
        known.update((path, words) for path in paths)
    return known


def without_paths(text: str, known: Mapping[str | Path, str] = NONE_KNOWN) -> str:
    """The text without absolute paths; addresses (`https://...`) and names without a separator stay.

    `known` paths, relative ones and their resolved forms too, become the words that stand for them.
    """
    words: dict[str, str] = {}
    for path, word in known.items():
        named = str(path)  # which an address is, too
        for form in {named, os.path.abspath(named), os.path.realpath(named)}:  # noqa: PTH100
            if len(Path(form).parts) > 1:
                # Libraries below write them without the first separator, or as in an address.
                words |= dict.fromkeys((form, form.lstrip("/"), quote(form), quote(form).lstrip("/")), word)
    for form in sorted(words, key=len, reverse=True):
        text = re.sub(re.escape(form) + r"(?!\w)", words[form], text)
    return _ABSOLUTE.sub(A_PATH, text)


def client_text(error: DermtoolsError, known: Mapping[str | Path, str] = NONE_KNOWN) -> str:
    """An error as a model or a client may read it; where that is less than it says, the log has all of it."""
    text = without_paths(str(error), known)
    if text != str(error):
        logger.warning("%s", error)
    return text

"""Through which files of dermtools a call goes, in order, and where it climbs back up."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from inspect import CO_COROUTINE, CO_GENERATOR
from types import FrameType
from typing import Any

from tests.support.paths import ROOT

PACKAGE = f"{ROOT / 'dermtools'}/"


@dataclass
class Walk:
    """What was seen of one call."""

    files: list[str] = field(default_factory=list)
    """Each once, in the order in which it was first called into."""
    climbs: list[tuple[str, str]] = field(default_factory=list)
    """Who called back into a file that was still waiting for it, and into which."""


def walk(action: Callable[[], Any]) -> Walk:
    """Run something, and note the calls of functions in files of dermtools. Module bodies and comprehensions are no
    calls; a generator that continues is called by nobody in particular.
    """
    seen = Walk()

    def note(frame: FrameType, event: str, _: object) -> None:
        file = _file(frame)
        if event != "call" or file is None or frame.f_code.co_name.startswith("<"):
            return
        if file not in seen.files:
            seen.files.append(file)
        callers = _callers(frame)
        resumes = frame.f_code.co_flags & (CO_GENERATOR | CO_COROUTINE)
        if callers and not resumes and callers[0] != file and file in callers and (callers[0], file) not in seen.climbs:
            seen.climbs.append((callers[0], file))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)  # type: ignore[arg-type]
    return seen


def _file(frame: FrameType) -> str | None:
    name = frame.f_code.co_filename
    return name.removeprefix(PACKAGE) if name.startswith(PACKAGE) else None


def _callers(frame: FrameType) -> list[str]:
    """Files of dermtools that wait for a frame, the nearest first."""
    found = []
    caller = frame.f_back
    while caller is not None:
        file = _file(caller)
        if file is not None and (not found or found[-1] != file):
            found.append(file)
        caller = caller.f_back
    return found

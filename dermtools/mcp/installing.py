"""Writing the server into an assistant's own configuration, of which everything else stays as it was."""

from __future__ import annotations

import os
import time
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

from dermtools.errors import DermtoolsError
from dermtools.files import write_whole
from dermtools.mcp.assistants import ASSISTANTS, Assistant, AssistantName, name_for
from dermtools.strict_json import parsed


@dataclass(frozen=True)
class Installed:
    """What was written."""

    path: Path
    name: str
    """Of the server's entry."""
    backup: Path | None
    """The file as it was; None where there was none, or nothing had to change."""


def install(assistant: AssistantName, case_base: Path, command: Sequence[str]) -> Installed:
    """Write the server into the assistant's file; the file as it was is kept beside it.

    Args:
        assistant: one whose file is documented and can be written without losing anything.
        case_base: absolute path of the folder; an entry over it is brought up to date, one over another stays.
        command: what starts the server.

    Raises:
        DermtoolsError: its makers name no place for it here, or the file cannot be read, kept as it is, or written.
    """
    about = ASSISTANTS[assistant]
    place = None if about.format == "yaml" or about.by_address else about.place()
    if place is None:
        raise DermtoolsError(
            f"{about.title} has no documented file on this machine that could be written; leave --install out, "
            "and put what is printed where its documentation says"
        )
    try:
        path = place.resolve()  # a link to where somebody keeps such files stays one
        before = path.read_bytes() if path.exists() else None
        content = _read(about, path, before)
        servers = content.setdefault(about.servers, {})
        if not isinstance(servers, MutableMapping):
            raise DermtoolsError(f"{path}: {about.servers!r} is no table of servers; mend the file first")
        name = name_for(case_base, servers)
        known = servers.get(name)
        if isinstance(known, MutableMapping):  # what its owner added stays, such as a variable with a key
            known.update(about.entry(command))
        else:
            servers[name] = about.entry(command)
        text = about.written(content)
        if _others(about, path, text.encode(), name) != _others(about, path, before, name):
            raise DermtoolsError(
                f"{path} cannot be written without changing more than the server, and was left alone; leave --install "
                "out, and add what is printed by hand"
            )
        if before is not None and before.decode("utf-8-sig") == text:
            return Installed(path, name, None)
        path.parent.mkdir(parents=True, exist_ok=True)
        backup = None
        if before is not None:
            backup = _new_name(path)
            write_whole(backup, before, mode=path.stat().st_mode & 0o777)
        write_whole(path, text, mode=path.stat().st_mode & 0o777 if before is not None else 0o600)
    except OSError as error:
        raise DermtoolsError(f"{place} cannot be written: {error.strerror}; leave --install out") from error
    return Installed(path, name, backup)


def _others(about: Assistant, path: Path, text: bytes | None, name: str) -> dict[str, Any]:
    """All that a file holds beside a server's entry, as plain values."""
    content = _read(about, path, text)
    plain: dict[str, Any] = content.unwrap() if hasattr(content, "unwrap") else dict(content)
    servers = plain.get(about.servers) or {}
    return {**plain, about.servers: {key: value for key, value in servers.items() if key != name}}


def _new_name(path: Path) -> Path:
    """Of a copy; never that of an earlier one, which may be all that is left of what its owner wrote."""
    start = f"{path.name}.{time.strftime('%Y%m%d-%H%M%S')}"
    names = (path.with_name(f"{start}{f'-{number}' if number > 1 else ''}.bak") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))


def _read(about: Assistant, path: Path, before: bytes | None) -> MutableMapping[str, Any]:
    """The file's content; of TOML with its comments. JSON with comments is refused, since they would be lost."""
    try:
        text = "" if before is None else before.decode("utf-8-sig")
        if about.format == "toml":
            import tomlkit

            return tomlkit.parse(text)
        content = parsed(text) if text.strip() else {}
    except ValueError as error:
        kind = "TOML" if about.format == "toml" else "plain JSON, perhaps for its comments"
        raise DermtoolsError(
            f"{path} is not {kind} ({error}), and was left alone; leave --install out, and add what is printed by hand"
        ) from error
    if not isinstance(content, dict):
        raise DermtoolsError(f"{path} is no JSON object, and was left alone; mend it, or move it away")
    return content

"""The prompt library: the built-in prompt files, with the user's own folders layered on top."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path

from dermtools.cases.case import Task
from dermtools.errors import PromptError
from dermtools.prompting.files.faults import faults
from dermtools.prompting.files.schema import PromptFile
from dermtools.prompting.files.yaml_lines import read_yaml
from dermtools.text import instead, one_line

GENERIC = "generic"
"""The prompt for any closed-label task that has none of its own."""

HASH_SHOWN = 12
"""Characters of a prompt's hash that name its folder in a record."""
_MAX_BYTES = 256 * 1024


@dataclass(frozen=True)
class Prompt:
    """A valid prompt file, where it came from, and the hash of what it says.

    `file` is what it says, `path` where it lies.
    """

    file: PromptFile
    path: Path
    hash: str
    """SHA-256 of the file's meaning: comments, layout and key order outside messages do not change it."""

    @classmethod
    def of(cls, file: PromptFile, path: Path) -> Prompt:
        """The prompt of a valid file; `path` is where it came from."""
        meaning = json.dumps(file.model_dump(mode="json"), ensure_ascii=False).encode()
        return cls(file, path, hashlib.sha256(meaning).hexdigest())

    @property
    def id(self) -> str:
        """The name by which it is asked for."""
        return self.file.id


@dataclass(frozen=True)
class PromptEntry:
    """A row of the library: a prompt, or a file that is not valid and why.

    `id` and `path` are the file's, `builtin` says whether it came with dermtools; `prompt` is None for a file that is
    not valid, `problems` are why.
    """

    id: str
    path: Path
    builtin: bool
    prompt: Prompt | None
    problem: str | None = None
    """The first of them."""
    problems: tuple[str, ...] = ()


class PromptFileError(PromptError):
    """A prompt file is not valid; `problems` has everything that is wrong, `file:line: reason`, in order of lines."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        more = f" (and {len(problems) - 1} more; dermtools prompts check lists all)" if problems[1:] else ""
        super().__init__(problems[0] + more)


def builtin_folder() -> Path:
    """Where the built-in prompt files are: inside the installed package, or beside it in a source checkout."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "prompts", here.parents[3] / "prompts"):
        if folder.is_dir():
            return folder
    raise PromptError("the built-in prompt files are missing; install dermtools again")


def read_prompt(path: Path) -> Prompt:
    """Read and validate one prompt file; of an invalid one a PromptError names file, line and place."""
    try:
        with path.open("rb") as opened:
            raw = opened.read(_MAX_BYTES + 1)
        if len(raw) > _MAX_BYTES:
            raise PromptError(f"{path}: a prompt file has at most {_MAX_BYTES:,} bytes; shorten it")
        text = raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = "not UTF-8 text" if isinstance(error, UnicodeDecodeError) else error.strerror
        raise PromptError(f"{path}: cannot be read: {reason}") from error
    document = read_yaml(text, str(path))
    problems = document.problems
    if isinstance(document.data, dict):
        problems += [(document.line(place), _placed(place, reason)) for place, reason in faults(document.data)]
        if (own := document.data.get("id", path.stem)) != path.stem and isinstance(own, str):
            unequal = f"id {one_line(str(own), 80)!r} and file name {path.name!r} differ; make them equal"
            problems.append((document.line(("id",)), _placed(("id",), unequal)))
    elif not problems:
        problems.append((1, "a prompt file is a mapping that starts with `id:`"))
    if problems:
        raise PromptFileError([f"{path}:{line}: {reason}" for line, reason in sorted(problems, key=itemgetter(0))])
    return Prompt.of(PromptFile.model_validate(document.data), path)


class PromptLibrary:
    """Prompt files by id. A later folder's file replaces an earlier one with the same id, built-in ones first.

    Args:
        folders: the user's own folders, the most specific last.
        builtin: whether the built-in prompts are below them.

    Raises:
        PromptError: a folder does not exist.
    """

    def __init__(self, *folders: str | Path, builtin: bool = True) -> None:
        self._builtin = builtin_folder() if builtin else None
        self.folders = [*filter(None, [self._builtin]), *map(_existing, folders)]
        self._read: dict[Path, Prompt] = {}

    def _paths(self) -> dict[str, Path]:
        found: dict[str, Path] = {}
        for folder in self.folders:
            for suffix in ("*.yml", "*.yaml"):
                found.update((path.stem, path) for path in sorted(folder.glob(suffix)))
        return dict(sorted(found.items()))

    def get(self, prompt_id: str) -> Prompt:
        """The prompt with this id; PromptError: unknown, with the nearest names, or invalid, with file and line."""
        paths = self._paths()
        if (path := paths.get(prompt_id)) is None:
            raise PromptError(f"no prompt {prompt_id!r}; {instead(prompt_id, paths)}")
        if path not in self._read:
            self._read[path] = read_prompt(path)
        return self._read[path]

    def for_task(self, task: Task) -> Prompt:
        """The prompt written for this task by name (the last layer wins), else the generic one."""
        named = self.get(task.name) if task.name in self else None
        return named if named is not None and named.file.task == task.name else self.get(GENERIC)

    def entries(self) -> list[PromptEntry]:
        """Every prompt in use, the invalid ones with their problem."""
        return [self._entry(path) for path in self._paths().values()]

    def check(self, folders: Sequence[str | Path] | None = None) -> list[str]:
        """All problems of all files in these folders (all layers by default), one line each; raises as the library."""
        chosen = self.folders if folders is None else map(_existing, folders)
        paths = [path for folder in chosen for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml")))]
        return [problem for path in paths for problem in self._entry(path).problems]

    def _entry(self, path: Path) -> PromptEntry:
        builtin = path.parent == self._builtin
        try:
            return PromptEntry(path.stem, path, builtin, read_prompt(path))
        except PromptError as error:
            problems = error.problems if isinstance(error, PromptFileError) else (str(error),)
            return PromptEntry(path.stem, path, builtin, None, problems[0], tuple(problems))

    def __iter__(self) -> Iterator[Prompt]:
        return (self.get(prompt_id) for prompt_id in self._paths())

    def __contains__(self, prompt_id: object) -> bool:
        return prompt_id in self._paths()


def _existing(folder: str | Path) -> Path:
    if Path(folder).is_file():
        raise PromptError(f"{folder} is a file; give the folder that holds it, {Path(folder).parent}")
    if not Path(folder).is_dir():
        raise PromptError(f"prompt folder {folder} does not exist; make it, or name another")
    return Path(folder)


def _placed(place: Sequence[str | int], reason: str) -> str:
    where = ".".join(str(part) for part in place)
    return f"{where}: {reason}" if where else reason

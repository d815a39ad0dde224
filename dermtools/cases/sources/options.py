"""What a user may say about how a labelled image set is read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from dermtools.cases.sources.vectors import Vectors
from dermtools.cases.splits import DEFAULT_FRACTIONS, check_fractions
from dermtools.errors import SourceError

ROLES = ("case_id", "image", "group_id", "split")


@dataclass(frozen=True)
class SourceOptions:
    """Options of all sources; a source refuses those that do not apply to it.

    Raises:
        SourceError: an option has a value that no source can use.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    """Role (`case_id`, `image`, `group_id`, `split`) to column name, where the defaults do not fit. Table only."""
    tasks: tuple[str, ...] = ()
    """Label columns to make tasks of; empty takes what the source has or knows. A folder takes one name."""
    separator: str = "|"
    """What separates the labels of one cell. Table only."""
    split_seed: int = 0
    """Seed of the splits that are made where none are given."""
    split_fractions: tuple[float, float, float] = DEFAULT_FRACTIONS
    """Shares of train, valid and test where no splits are given."""
    questions: Mapping[str, str] = field(default_factory=dict)
    """Task name to the question that it asks, in place of the default question."""
    group_pattern: str | None = None
    """Regular expression searched in a file name; its first capture group is the case's group. Folder only."""
    images: Path | Sequence[Path] | None = None
    """Folder or folders that hold the pictures, where it is not the data folder. Not for a folder source."""
    without_pictures: bool = False
    """Keep cases whose picture is missing, too: for what needs none, such as vectors made elsewhere. Not for a folder
    source."""
    encoding: str | None = None
    """Encoding of a CSV, such as `cp1250`; None finds it. Table only."""
    sheet: str | None = None
    """Sheet of a workbook; None takes the first with a header. Table only."""
    map_labels: str | Path | Mapping[str, str | None] | None = None
    """Labels to join or drop: a table with columns old, new and perhaps task, or old label to new label or None."""
    attributes: tuple[str, ...] | Literal["all"] = ()
    """Further columns to keep as attributes of a case, private until shown; `all` keeps every one."""
    vectors: str | Path | Vectors | None = None
    """Embeddings that were computed elsewhere: a table's column, an .npy or .npz file, or `Vectors` in memory."""

    def __post_init__(self) -> None:
        check_fractions(self.split_fractions)
        if unknown := [role for role in self.columns if role not in ROLES]:
            raise SourceError(f"no column can be mapped to {unknown[0]!r}; the roles are {', '.join(ROLES)}")
        if not self.separator:
            raise SourceError("the separator of labels is empty; give at least one character, such as '|'")
        if repeated := [task for index, task in enumerate(self.tasks) if task in self.tasks[:index]]:
            raise SourceError(f"task {repeated[0]!r} is named twice")
        if self.group_pattern is None:
            return
        try:
            groups = re.compile(self.group_pattern).groups
        except re.error as error:
            raise SourceError(f"group pattern {self.group_pattern!r} is no regular expression: {error}") from error
        if groups < 1:
            remedy = r"put what names the group in parentheses, such as ^(PAT_\d+)_"
            raise SourceError(f"group pattern {self.group_pattern!r} captures nothing; {remedy}")

    @property
    def picture_folders(self) -> tuple[Path, ...]:
        """The folders of the option `images`; empty where it is not given."""
        given = () if self.images is None else [self.images] if isinstance(self.images, str | Path) else self.images
        return tuple(Path(folder).expanduser() for folder in given)

    def requested_tasks(self, source: str, available: Sequence[str]) -> tuple[str, ...]:
        """The tasks that were requested; a SourceError where the source does not have one of them."""
        if unknown := [task for task in self.tasks if task not in available]:
            raise SourceError(f"{source} has no task {unknown[0]!r}; it has {', '.join(available)}")
        return self.tasks

    def refuse_others(self, kind: str, *applicable: str) -> None:
        """Refuse an option that was set and means nothing to a source of this kind, with a SourceError."""
        plain = SourceOptions()
        for option in fields(self):
            changed = getattr(self, option.name) != getattr(plain, option.name)
            if changed and option.name not in (*applicable, "map_labels", "attributes", "vectors"):
                refusal = f"option {option.name!r} does not apply to a {kind} source"
                raise SourceError(f"{refusal}; it takes {', '.join(applicable)}")

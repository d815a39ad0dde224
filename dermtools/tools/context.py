"""What belongs to one run of an agent, and never to its messages or checkpoints."""

from __future__ import annotations

from dataclasses import dataclass, field

from dermtools.errors import QueryError
from dermtools.tools.pictures.image_store import ImageStore


@dataclass(frozen=True, eq=False)
class DermContext:
    """Context of a run: `invoke(..., context=DermContext(images))` with `context_schema=DermContext`.

    Where a run has it, tools give pictures by handle only, and `PictureMiddleware` shows them to the model.

    Raises:
        QueryError: `images` is no store.
    """

    images: ImageStore = field(default_factory=ImageStore)
    """The pictures of this conversation."""
    hidden_groups: frozenset[str] = frozenset()
    """Groups that no tool shows: in an experiment, those of the case in question."""
    where: str | None = None
    """Condition that every case which a tool finds must satisfy, e.g. `"split = 'train'"`."""

    def __post_init__(self) -> None:
        if not isinstance(self.images, ImageStore):
            raise QueryError(
                f"images of a DermContext is an ImageStore, not a {type(self.images).__name__}; a picture is added by "
                "images.add(...), or sent as an image block of a message"
            )

    @property
    def conditions(self) -> list[str]:
        """Everything that a case must satisfy before a tool shows it, as `where` conditions."""
        conditions = [self.where] if self.where is not None else []
        if self.hidden_groups:
            groups = ", ".join("'{}'".format(group.replace("'", "''")) for group in sorted(self.hidden_groups))
            conditions.append(f"group_id NOT IN ({groups})")
        return conditions

    @property
    def condition(self) -> str | None:
        """The `conditions` as one; None where there is none."""
        return " AND ".join(f"({condition})" for condition in self.conditions) or None

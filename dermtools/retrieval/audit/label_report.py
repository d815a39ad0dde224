"""What a check of labels found: cases whose label is doubted and why, and like pictures that are labelled otherwise."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, Field

from dermtools.text import few, one_line


class DoubtfulLabel(BaseModel, frozen=True, extra="forbid"):
    """A case whose label both its neighbours and a classifier that never saw it contradict."""

    case_id: str
    task: str
    labels: tuple[str, ...] = Field(description="as the case base has them")
    suggested: str = Field(description="what classifier and neighbours together hold to be likeliest instead")
    score: float = Field(ge=0, le=1, description="probability of the case's own labels; the lower, the more doubtful")
    probability: float = Field(ge=0, le=1, description="of the suggested label, by the classifier")
    neighbors: int = Field(description="how many cases of other groups were asked")
    neighbors_suggested: int = Field(description="of these, with the suggested label")
    neighbors_labelled: int = Field(description="of these, with a label of the case")
    nearest: tuple[str, ...] = Field(description="ids of the nearest cases of other groups, nearest first")
    confident: bool = Field(description="whether confident learning counts it among the wrong labels")

    def line(self) -> str:
        """One line for people."""
        return f"{self.case_id}: {_shown(self.labels)} -> {one_line(self.suggested)}, {self.evidence()}"

    def evidence(self) -> str:
        """What speaks for the suggested label, in words."""
        return (
            f"score {self.score:.3f}; {self.neighbors_suggested} of {self.neighbors} neighbours "
            f"({self.neighbors_labelled} as labelled), classifier {self.probability:.2f}; "
            f"nearest {few(self.nearest, 3)}"
        )


class UnlikeLabels(BaseModel, frozen=True, extra="forbid"):
    """The same picture twice, or nearly, with other labels."""

    case_id: str
    other: str = Field(description="the other case's id")
    task: str
    labels: tuple[str, ...]
    other_labels: tuple[str, ...]
    distance: float = Field(ge=0, description="Euclidean, of their embeddings")
    same_picture: bool = Field(description="whether the content is the very same")

    def line(self) -> str:
        """One line for people."""
        how = "the same picture" if self.same_picture else f"distance {self.distance:.3g}"
        return f"{self.case_id}: {_shown(self.labels)} = {self.other}: {_shown(self.other_labels)} ({how})"


class TaskLabels(BaseModel, frozen=True, extra="forbid"):
    """What was found about the labels of one task."""

    task: str
    judged: int = Field(description="cases with a label that could be judged")
    right: int = Field(description="of these, how many the classifier, which never saw their group, labels as they are")
    most_frequent: int = Field(description="of these, how many have the most frequent label")
    unjudged: tuple[str, ...] = Field(description="labels of too few groups to be learned and held out")
    doubtful: tuple[DoubtfulLabel, ...] = Field(description="the most doubtful first")
    unlike: tuple[UnlikeLabels, ...] = Field(description="pairs of like pictures with other labels, nearest first")

    def lines(self, shown: int) -> list[str]:
        """The findings for people: each list's first `shown`, one line each, indented."""
        lines = [f"task {self.task}: {self.judged} cases judged, {self.right} labelled so by the classifier too"]
        if self.judged and self.right <= self.most_frequent:
            lines[0] += f"; the most frequent label alone has {self.most_frequent}, so its doubts say little"
        if self.unjudged:
            lines.append(f"  not judged, labels of too few groups: {few([one_line(one) for one in self.unjudged])}")
        for title, found in (("doubtful labels", self.doubtful), ("like pictures, other labels", self.unlike)):
            lines.append(f"  {title}: {len(found) or 'none'}")
            lines += [f"    {one.line()}" for one in found[:shown]]
            if len(found) > shown:
                lines.append(f"    and {len(found) - shown} more; --out FILE and --json have them all")
        return lines


def _shown(labels: Sequence[str]) -> str:
    return "|".join(one_line(label) for label in labels)

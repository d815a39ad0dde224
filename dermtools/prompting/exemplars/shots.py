"""Cases on their way into a prompt: what the exemplar template may say about each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from shlex import quote

from dermtools.cases.case import Case, Task
from dermtools.errors import PromptError
from dermtools.images import data_url
from dermtools.prediction import Exemplar
from dermtools.prompting.pictures import PictureBudget
from dermtools.retrieval.case_base import CaseBase
from dermtools.text import fenced_attributes, one_line

LABEL_SEPARATOR = " | "


@dataclass(frozen=True)
class Shot:
    """A case that was chosen as an example."""

    case: Case
    rank: int
    """From 1: the nearest, or the first drawn."""
    distance: float | None = None
    """Euclidean distance to the query; None where nothing was searched."""


class ShotWriter:
    """Turns shots into the variables of the exemplar template; without a task, no label is shown.

    A stored JPEG within the budget goes in as it is; without `pictures`, none. The attributes named are shown fenced:
    none by default, since they may give answers away; a PromptError where no case has such an attribute, or it is
    private, now or later.
    """

    def __init__(
        self,
        case_base: CaseBase,
        task: Task | None,
        budget: PictureBudget,
        attributes: Sequence[str] = (),
        *,
        pictures: bool = True,
    ) -> None:
        self._case_base, self._task, self._budget, self._attributes = case_base, task, budget, tuple(attributes)
        self._pictures = pictures
        # Looking at a picture's header takes as long as encoding it in base64.
        self._all_fit = case_base.store.manifest.picture_side <= budget.max_side
        self._check_audience()

    def _check_audience(self) -> None:
        audiences, path = self._case_base.attributes.audiences if self._attributes else {}, self._case_base.path
        for name in self._attributes:
            if name not in audiences:
                raise PromptError(f"no attribute {name!r} in {path}; there are: {', '.join(audiences)}")
            if audiences[name] == "private":
                remedy = f"dermtools attributes {quote(str(path))} --show {quote(name)}"
                raise PromptError(
                    f"attribute {name!r} is private; to let models see it: {remedy} "
                    f"(in Python: case_base.attributes.show({name!r}))"
                )

    def variables(self, shots: Sequence[Shot]) -> list[dict[str, str]]:
        """The template's variables for each shot, in the order given; PromptError for an attribute private by now."""
        self._check_audience()
        jpegs = self._case_base.jpegs([shot.case.case_id for shot in shots]) if self._pictures else {}
        return [self._one(shot, jpegs.get(shot.case.case_id)) for shot in shots]

    def exemplars(self, shots: Sequence[Shot]) -> tuple[Exemplar, ...]:
        """The shots as a `Prediction` records them, in the order given."""
        return tuple(
            Exemplar(
                case_id=shot.case.case_id,
                group_id=shot.case.group_id,
                labels=self._labels(shot.case),
                distance=shot.distance,
            )
            for shot in shots
        )

    def _labels(self, case: Case) -> tuple[str, ...]:
        return case.labels.get(self._task.name, ()) if self._task is not None else ()

    def _one(self, shot: Shot, jpeg: bytes | None) -> dict[str, str]:
        attributes = {name: value for name in self._attributes if (value := shot.case.attributes.get(name)) is not None}
        shown = {} if jpeg is None else {"image": data_url(jpeg if self._all_fit else self._budget.fit_stored(jpeg))}
        return {
            **shown,
            "label": LABEL_SEPARATOR.join(one_line(label, 10_000) for label in self._labels(shot.case)),
            "rank": str(shot.rank),
            "distance": "" if shot.distance is None else f"{shot.distance:.2f}",
            "attributes": fenced_attributes(attributes),
            "case_id": shot.case.case_id,
        }

"""Studies: one method with one thing varied at a time, over the same cases: shots, order, diversity, size, prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError
from dermtools.evaluation.evaluation import Evaluation, evaluate
from dermtools.evaluation.reporting.figures import Curve, Point, figures_missing, save_curve
from dermtools.evaluation.reporting.study_page import EFFECTS_TEXT, write_study_page
from dermtools.evaluation.reporting.tables import RESEARCH, caption, dollars, family_in_words, markdown, percent, span
from dermtools.evaluation.running.arm import Arm
from dermtools.evaluation.statistics.effects import Effect, Setting, effects, lines_along
from dermtools.files import write_whole
from dermtools.methods import family_of, method
from dermtools.numbers import plain

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase

SHOTS = (0, 1, 3, 5, 10)
"""Numbers of examples that a study tries where none are named."""
AXES = ("shots", "order", "diversity", "size", "prompt")
"""What can be varied, and in this order in an arm's name."""


@dataclass(frozen=True)
class Study:
    """A grid of arms and what came of it."""

    evaluation: Evaluation
    """The run, with its results."""
    settings: Mapping[str, Setting]
    """Arm name to what it was set to."""
    margin: float | None = None
    """Inside which a change makes no odds; None: nothing is called equivalent."""

    @classmethod
    def of(cls, evaluation: Evaluation, margin: float | None = None) -> Study:
        """The study that an evaluation is, by what its run says of each arm.

        Raises:
            QueryError: none of its arms belongs to a study.
        """
        arms = evaluation.run.spec.arms
        settings = {arm: dict(arms[arm]["study"]) for arm in evaluation.run.spec.compared if "study" in arms[arm]}
        if not settings:
            raise QueryError(f"{evaluation.run.path} is no study; its arms were not varied")
        return cls(evaluation, settings, margin)

    @cached_property
    def effects(self) -> list[Effect]:
        """What each axis did: a test over patients each, of one family."""
        return effects(self.settings, self.evaluation.run.scored(), margin=self.margin)

    def curves(self, axis: str) -> list[Curve]:
        """One curve for every combination of the other axes.

        Raises:
            QueryError: the study did not vary this axis.
        """
        varied = sorted({name for setting in self.settings.values() for name in setting})
        if axis not in varied:
            raise QueryError(f"this study did not vary {axis!r}; it varied {', '.join(varied)}")
        results = self.evaluation.results
        found = {summary.arm: summary for summary in results.summaries}
        return [
            Curve(
                _in_words(held) or "all cases",
                tuple(Point(v, found[arm], results.against_best(arm)) for v, arm in line.items() if arm in found),
            )
            for held, line in lines_along(self.settings, axis)
        ]

    def _repr_markdown_(self) -> str:
        return self.table()

    def rows(self) -> list[list[str]]:
        """The grid with its head row first, one row an arm."""
        axes = self._axes
        found = [[*axes, "right", "accuracy", "95 %", "cost"]]
        for one in self.evaluation.results.summaries:
            if one.arm in self.settings:
                values = [str(self.settings[one.arm].get(axis, "")) for axis in axes]
                found.append(
                    [*values, f"{one.right} of {one.n}", percent(one.accuracy), span(one.interval), dollars(one)]
                )
        return found

    @property
    def verdicts(self) -> list[str]:
        """What the study says, a sentence an effect."""
        said = [one.sentence for one in self.effects]
        return [*said, family_in_words(len(said), "of the study")] if said else [self.evaluation.results.headline]

    def table(self) -> str:
        """The grid and its verdicts in Markdown."""
        said = "\n".join(f"- {line}" for line in self.verdicts)
        run = self.evaluation.results.run
        return "\n\n".join([said, caption(run), markdown(self.rows()), EFFECTS_TEXT, RESEARCH]) + "\n"

    def publish(self) -> tuple[Path, dict[str, Path]]:
        """Write `study.md`, a curve (PNG) for each axis with several values, and `study.html`, which shows all of it.

        Gives the page, and axis to curve: none without matplotlib (extra `report`), which the page does not need.
        """
        folder = self.evaluation.run.path
        write_whole(folder / "study.md", self.table(), within=folder)
        values = {axis: {setting.get(axis) for setting in self.settings.values()} - {None} for axis in self._axes}
        curves = {axis: self.curves(axis) for axis, tried in values.items() if len(tried) > 1}
        drawn = {} if figures_missing() else curves
        files = {axis: save_curve(lines, axis, folder / f"{axis}.png") for axis, lines in drawn.items()}
        page = write_study_page(self.evaluation.results, self.rows(), self.verdicts, curves, folder)
        return page, files

    @property
    def _axes(self) -> list[str]:
        return list(dict.fromkeys(name for setting in self.settings.values() for name in setting))


def _in_words(setting: Setting) -> str:
    return ", ".join(f"{name} {value}" for name, value in setting.items())


def grid(**axes: Sequence[Any]) -> list[dict[str, Any]]:
    """All combinations of the values of axes, e.g. `grid(shots=(0, 5), order=("nearest-last", "nearest-first"))`.

    Order and diversity mean nothing without exemplars: such combinations come once, without them.

    Raises:
        QueryError: an axis has no value, or there is no axis.
    """
    axes = {name: plain(values) for name, values in axes.items()}
    empty = next((name for name, values in axes.items() if not values), None)
    if empty is not None or not axes:
        raise QueryError(f"{empty} has no value to try" if empty else "a study needs something to vary")
    found: list[dict[str, Any]] = []
    for values in product(*axes.values()):
        setting = dict(zip(axes, map(plain, values), strict=True))
        if setting.get("shots") == 0:
            setting = {name: value for name, value in setting.items() if name not in ("order", "diversity")}
        if setting not in found:
            found.append(setting)
    return found


def run_study(
    case_base: CaseBase,
    task: str,
    settings: Sequence[Setting],
    arm_for: Callable[[Setting], Arm],
    out: str | Path,
    **options: Any,
) -> Study:
    """Evaluate one arm for every setting, all over the same cases; may be interrupted and resumed.

    Args:
        settings: from `grid`, or a list of one's own.
        arm_for: makes the arm of a setting; it is named after the setting.
        options: passed on to `evaluate`: limit, seed, max_cost, concurrency, ...

    Raises:
        QueryError, RunError: as `evaluate`.
    """
    named = {_in_words(setting): setting for setting in settings}
    made = {name: arm_for(setting) for name, setting in named.items()}
    arms = [replace(arm, name=name, facts={**arm.facts, "study": dict(named[name])}) for name, arm in made.items()]
    study = Study(evaluate(case_base, task, arms, out, **options), named, options.get("margin"))
    write_whole(Path(out) / "study.md", study.table(), within=Path(out))
    return study


def prompted_arms(case_base: CaseBase, task: str, model: Any, price_as: str, **fixed: Any) -> Callable[[Setting], Arm]:
    """What makes the arm of a setting over `AXES` from a chat model.

    `shots` 0 is zero-shot; `diversity` is `nearest`, `mmr`, `balanced`, or `random` for exemplars drawn at random;
    `order` is `nearest-last` or `nearest-first`; `size` is the long side of every picture in pixels; `prompt` is a
    prompt's id. `model` is a LangChain chat model, `price_as` its `provider:model` in the price list; `fixed` are
    options of `dermtools.method` that are the same in every arm.
    """
    from dermtools.prompting.pictures import DEFAULT_BUDGET

    def arm_for(setting: Setting) -> Arm:
        unknown = sorted(set(setting) - set(AXES))
        if unknown:
            raise QueryError(f"a study cannot vary {', '.join(unknown)}; it can vary {', '.join(AXES)}")
        options = fixed | {axis: setting[axis] for axis in ("order", "prompt") if axis in setting}
        if "size" in setting:
            options["budget"] = replace(options.get("budget", DEFAULT_BUDGET), max_side=int(setting["size"]))
        shots, kind = int(setting.get("shots", 5)), str(setting.get("diversity", "nearest"))
        prefix = {"nearest": "rag", "random": "random"}.get(kind, f"rag-{kind}")
        name = "zero-shot" if shots == 0 else f"{prefix}-{shots}"
        # What is the same in every arm need not mean something to each of them.
        fitting = {option: value for option, value in options.items() if option not in family_of(name).without}
        made = method(name, case_base, task, model=model, priced_as=price_as, **fitting)
        return replace(Arm.of(made), name=f"{name} · {price_as}")

    return arm_for

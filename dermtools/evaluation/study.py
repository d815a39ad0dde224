"""Studies: one method with one thing varied at a time, over the same cases: shots, order, diversity, size, prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dermtools.errors import QueryError
from dermtools.evaluation.evaluation import Evaluation, evaluate
from dermtools.evaluation.reporting.figures import Curve, Point
from dermtools.evaluation.reporting.tables import RESEARCH, caption, markdown, percent, span
from dermtools.evaluation.running.arm import Arm
from dermtools.files import write_whole
from dermtools.methods import family_of, method
from dermtools.numbers import plain

if TYPE_CHECKING:
    from dermtools.retrieval import CaseBase

SHOTS = (0, 1, 3, 5, 10)
AXES = ("shots", "order", "diversity", "size", "prompt")
"""What can be varied, and in this order in an arm's name."""

Setting = Mapping[str, Any]
"""Axis to the value that it has in one arm."""


@dataclass(frozen=True)
class Study:
    """A grid of arms and what came of it."""

    evaluation: Evaluation
    settings: Mapping[str, Setting]
    """Arm name to what it was set to."""

    def curves(self, axis: str) -> list[Curve]:
        """One curve for every combination of the other axes.

        Raises:
            QueryError: the study did not vary this axis.
        """
        varied = sorted({name for setting in self.settings.values() for name in setting})
        if axis not in varied:
            raise QueryError(f"this study did not vary {axis!r}; it varied {', '.join(varied)}")
        results = self.evaluation.results
        held: dict[str, list[Point]] = {}
        for summary in results.summaries:
            setting = self.settings.get(summary.arm, {})
            if axis in setting:
                rest = _in_words({name: value for name, value in setting.items() if name != axis}) or "all cases"
                held.setdefault(rest, []).append(Point(setting[axis], summary, results.against_best(summary.arm)))
        return [Curve(name, tuple(points)) for name, points in held.items()]

    def _repr_markdown_(self) -> str:
        return self.table()

    def table(self) -> str:
        """The grid as a Markdown table, one row an arm."""
        results = self.evaluation.results
        axes = list(dict.fromkeys(name for setting in self.settings.values() for name in setting))
        lines = [[*axes, "right", "accuracy", "95 %", "against the best", "cost"]]
        for one in results.summaries:
            if one.arm in self.settings:
                values = [str(self.settings[one.arm].get(axis, "")) for axis in axes]
                said = [percent(one.accuracy), span(one.interval), results.against_best(one.arm)]
                lines.append([*values, f"{one.right} of {one.n}", *said, f"${one.usage.price_usd:.4f}"])
        return "\n\n".join([results.headline, caption(results.run), markdown(lines), RESEARCH]) + "\n"


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
    study = Study(evaluate(case_base, task, arms, out, **options), named)
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

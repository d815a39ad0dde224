"""`dermtools train`: a classifier over the case base's frozen embeddings."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from dermtools.adapter.kinds import Kind
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.cli.parameters import CaseBasePath, EmbedderOption, JsonOption, TaskOption
from dermtools.errors import TrainingError

if TYPE_CHECKING:
    from dermtools.adapter import ClassifierConfig, ClassifierRecord, EpochStats


def train(
    path: CaseBasePath,
    task: TaskOption,
    kind: Annotated[Kind, typer.Option(help="What to train.")] = "adapter",
    conv: Annotated[
        Literal["channels", "features"] | None,
        typer.Option(help="What an adapter's convolutions run along: the features, or the channels as published."),
    ] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs of an adapter, at most.")] = None,
    balance: Annotated[
        str | None, typer.Option(metavar="none|class-weights|logit-adjustment", help="For long-tailed labels.")
    ] = None,
    published: Annotated[bool, typer.Option("--published", help="The adapter's published settings.")] = False,
    coverage: Annotated[float, typer.Option(help="Target coverage of conformal label sets.")] = 0.9,
    precision: Annotated[float, typer.Option(help="Target when abstaining, missed by one fit in ten at most.")] = 0.8,
    per_label: Annotated[
        bool, typer.Option("--per-label", help="Hold the coverage for each label by itself; label sets grow.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Seed of weights and batches.")] = 0,
    embedder: EmbedderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train a classifier on the train split; choose and calibrate it on the validation split, never on test.

    It is kept in the case base. Ctrl-C ends the training and keeps the best it reached.
    """
    from dermtools.adapter import Guarantees, save_classifier
    from dermtools.adapter import train as fit
    from dermtools.adapter.saved import check_can_save
    from dermtools.retrieval import CaseBase

    config = _config(kind, published, conv=conv, epochs=epochs, balance=balance, seed=seed)
    case_base = CaseBase.open(path, embedder=embedder)
    place = case_base.store.own_folder
    check_can_save(place, case_base.task(task).name, kind)
    guarantees = Guarantees(coverage=coverage, precision=precision, per_label=per_label)
    classifier = fit(case_base.store, task, config, wanted=guarantees, progress=_show_epoch)
    folder = save_classifier(place, classifier)
    cut = next((note for note in classifier.record.notes if "interrupted" in note), None)
    if cut and sys.stderr.isatty():
        print(file=sys.stderr)  # after ^C
    if as_json:
        print_json(classifier.record.model_dump(mode="json"))
    else:
        _show(classifier.record)
        show("", f"kept in {folder}", NOT_A_DIAGNOSIS)
    if cut:
        raise KeyboardInterrupt(f"{cut}, whose best is kept in {folder}; to train it whole, run")


def _config(kind: str, published: bool, **settings: object) -> ClassifierConfig:
    from pydantic import ValidationError

    from dermtools.adapter import AdapterConfig
    from dermtools.adapter.kinds import model_class

    config_class = model_class(kind).config_class
    given = {name: value for name, value in settings.items() if value is not None}
    foreign = given.keys() - config_class.model_fields.keys() - {"seed"}
    if foreign or (published and kind != "adapter"):
        which = min(foreign, default="published")
        raise TrainingError(f"--{which} belongs to an adapter, not to a {kind.replace('-', ' ')}")
    given = {name: value for name, value in given.items() if name in config_class.model_fields}
    try:
        return AdapterConfig.published(**given) if published else config_class.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        raise TrainingError(f"--{first['loc'][0]} {first['input']}: {first['msg']}") from error


def _show_epoch(stats: EpochStats) -> None:
    """Progress in one line that is written over in a terminal; elsewhere only the last epoch is said."""
    terminal, last = sys.stderr.isatty(), stats.epoch == stats.epochs
    if terminal or last:
        valid = "" if stats.validation_accuracy is None else f"  validation accuracy {stats.validation_accuracy:.3f}"
        line = f"epoch {stats.epoch}/{stats.epochs}  loss {stats.loss:.4f}{valid}  {stats.seconds:.1f} s"
        print(f"\r{line}\x1b[K" if terminal else line, end="\n" if last else "", file=sys.stderr, flush=True)


def _show(record: ClassifierRecord) -> None:
    show(f"{record.kind} for {record.task}: {len(record.labels)} labels, trained on {record.trained_on}")
    if record.chosen_on is not None:
        show(f"chosen on {record.chosen_on}, which flatters its figures there; `dermtools evaluate` has intervals")
    metrics = [(name, f"{value:.4g}") for name, value in record.metrics.items()]
    show(table(["figure", "value"], metrics, right=["value"]))
    if record.answering is not None:
        fit, calibration = record.answering, record.answering.calibration
        show(
            "",
            f"calibrated on {fit.fitted_on}: temperature {calibration.temperature:.2f}, "
            f"expected calibration error {calibration.before.ece:.3f} before, {calibration.after.ece:.3f} after "
            "(on the same cases; some hundredths are chance)",
            f"label sets hold a true label of a new patient's case with a probability of {fit.conformal.coverage:.0%}, "
            "over fits like this one"
            + (", for the cases of each label by itself" if fit.conformal.limits is not None else ""),
        )
        if fit.abstention.threshold is not None:
            show(fit.abstention.remark())
    show(*(f"note: {note}" for note in record.remarks()))

"""`dermtools classify`: one method's label for one picture, or for each of a folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dermtools.cli import completion
from dermtools.cli import parameters as shared
from dermtools.cli.interruption import keeping
from dermtools.cli.models import NONE_GIVEN, ModelOptions, method_of
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.errors import QueryError
from dermtools.files import local_path, writable
from dermtools.images.kinds import FORMATS
from dermtools.methods.registry import BUILT_IN
from dermtools.text import counted

if TYPE_CHECKING:
    from dermtools.prediction import Method, Prediction
    from dermtools.retrieval import CaseBase


def classify(
    path: shared.CaseBasePath,
    task: shared.TaskOption,
    image: Annotated[
        Path | None,
        typer.Argument(
            metavar="IMAGE",
            help=f"Picture to look up: {FORMATS}; or with --csv a folder of them.",
            show_default=False,
            parser=local_path,
        ),
    ] = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            autocompletion=completion.methods,
            help=f"{', '.join(f.pattern for f in BUILT_IN if not f.needs_model)}; with --model also "
            f"{', '.join(f.pattern for f in BUILT_IN if f.needs_model)}, agent.",
        ),
    ] = "knn-vote-5",
    case: shared.CaseOption = None,
    group: shared.GroupOption = None,
    abstain: Annotated[bool, typer.Option("--abstain", help="Give no label where the confidence is too low.")] = False,
    coverage: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of conformal label sets, e.g. 0.95; else as trained.")
    ] = None,
    precision: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Target when abstaining, e.g. 0.9; else as trained.")
    ] = None,
    per_label: Annotated[
        bool | None, typer.Option("--per-label/--overall", help="Coverage of each label by itself; else as trained.")
    ] = None,
    model: shared.ModelOption = None,
    reach: ModelOptions = NONE_GIVEN,
    prompt: shared.PromptOption = None,
    prompts: shared.PromptFolderOption = None,
    cache: shared.CacheOption = None,
    embedder: shared.EmbedderOption = None,
    check_text: shared.CheckTextOption = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            "--csv",
            metavar="FILE",
            help="Of a folder: write one row a picture, named as it lies there, to this new or replaced table.",
            parser=writable,
        ),
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many probabilities to print.")] = 5,
    as_json: shared.JsonOption = False,
) -> None:
    """Predict the label of a picture, with probabilities and the cases the answer rests on.

    Of a folder, that of every picture in it, by a method that is computed here. Exit code 1 where one cannot be read.
    """
    from dermtools.retrieval import CaseBase

    folder = image if image is not None and image.is_dir() else None
    if folder is not None and csv is None:
        raise QueryError(f"{image} is a folder; say where the answers for its pictures go: --csv FILE")
    if csv is not None and (folder is None or case is not None or group is not None):
        raise QueryError(
            "--csv goes with a folder of pictures, without --case and --group; leave it out for one picture"
        )
    case_base = CaseBase.open(path, embedder=embedder)
    reach = replace(reach, cache=cache)
    given: dict[str, Any] = {
        "abstain": abstain,
        "coverage": coverage,
        "precision": precision,
        "per_label": per_label,
        "prompt": prompt,
        "prompts": prompts,
        "check_text": check_text,
    }
    predictor = method_of(case_base, task, method, model, reach, **given)
    if folder is not None and csv is not None:
        _classify_folder(case_base, predictor, folder, csv, as_json=as_json)
        return
    query = case_base.query(image, case_id=case, group_id=group)
    prediction = predictor.predict(query)
    if as_json:
        print_json({"query": query.name, **prediction.model_dump(mode="json")})
        return
    show_prediction(query.name, prediction, top)


def _classify_folder(case_base: CaseBase, method: Method, folder: Path, csv: Path, *, as_json: bool) -> None:
    from dermtools.methods.folder import classify_folder, write_answers
    from dermtools.progress import bar

    with keeping(lambda: f"{csv} was not written; to start again, run"), bar() as progress:
        answers = classify_folder(case_base, method, folder, progress=progress)
        write_answers(answers, csv)
    said = [answer.prediction for answer in answers if answer.prediction is not None]
    labelled = sum(prediction.label is not None for prediction in said)
    unreadable = [answer for answer in answers if answer.prediction is None]
    if as_json:
        problems = [{"file": answer.file, "reason": answer.problem} for answer in unreadable]
        print_json({"csv": str(csv), "pictures": len(answers), "labelled": labelled, "unreadable": problems})
    else:
        show(f"{csv}: {method.task} by {method.name} of {labelled} of {counted(len(answers), 'picture')}")
        show(NOT_A_DIAGNOSIS)
    if unreadable:
        lines = [
            f"  {answer.file}: {answer.problem.removeprefix(f'{folder / answer.file}: ')}" for answer in unreadable
        ]
        show(f"{counted(len(unreadable), 'picture')} could not be read:", *lines, to_stderr=True)
        raise typer.Exit(1)


def show_prediction(name: str, prediction: Prediction, top: int) -> None:
    """Print a prediction for a person."""
    answer = prediction.label or f"no label, {prediction.outcome}: {prediction.reason}"
    confidence = f" ({prediction.confidence:.0%})" if prediction.label and prediction.confidence is not None else ""
    show(f"{name}: {prediction.task} by {prediction.method}: {answer}{confidence}", "")
    if prediction.probabilities:
        likely = list(prediction.probabilities.items())[:top]
        rows = [(label, f"{probability:.1%}") for label, probability in likely]
        show(table([prediction.task, "probability"], rows, right=["probability"]), "")
    if prediction.label_set is not None:
        show(f"conformal set: {', '.join(prediction.label_set) or 'empty'}", "")
    if prediction.exemplars:
        cases = [
            (e.case_id, "" if e.distance is None else f"{e.distance:.4g}", ", ".join(e.labels))
            for e in prediction.exemplars
        ]
        show(table(["rests on case", "distance", prediction.task], cases, right=["distance"]), "")
    show(NOT_A_DIAGNOSIS)

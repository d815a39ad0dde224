"""`dermtools classify`: one method's label for one picture."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dermtools.cli import completion
from dermtools.cli import parameters as shared
from dermtools.cli.models import NONE_GIVEN, ModelOptions, method_of
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.methods.registry import BUILT_IN

if TYPE_CHECKING:
    from dermtools.prediction import Prediction


def classify(
    path: shared.CaseBasePath,
    task: shared.TaskOption,
    image: shared.ImageArgument = None,
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
    top: Annotated[int, typer.Option(min=1, help="How many probabilities to print.")] = 5,
    as_json: shared.JsonOption = False,
) -> None:
    """Predict the label of a picture, with probabilities and the cases the answer rests on."""
    from dermtools.retrieval import CaseBase

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
    query = case_base.query(image, case_id=case, group_id=group)
    prediction = predictor.predict(query)
    if as_json:
        print_json({"query": query.name, **prediction.model_dump(mode="json")})
        return
    show_prediction(query.name, prediction, top)


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

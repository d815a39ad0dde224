"""`dermtools classify`: one method's label for one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from dermtools.cli.models import (
    AGENT,
    ApiOption,
    BaseUrlOption,
    CacheOption,
    ModelOption,
    ModelOptions,
    PromptFolderOption,
    PromptOption,
    agent_method,
    connect,
    needs_model,
    prompted_method,
)
from dermtools.cli.output import NOT_A_DIAGNOSIS, print_json, show, table
from dermtools.cli.parameters import CaseBasePath, CaseOption, GroupOption, ImageArgument, JsonOption, TaskOption

if TYPE_CHECKING:
    from dermtools.prediction import Method, Prediction


def classify(
    casebase: CaseBasePath,
    task: TaskOption,
    image: ImageArgument = None,
    method: Annotated[
        str,
        typer.Option(
            metavar="METHOD",
            help="knn-vote-K, majority, adapter, linear-probe, fusion, label-similarity; with --model also "
            "zero-shot, random-K, rag-K, rag-mmr-K, rag-balanced-K, agent.",
        ),
    ] = "knn-vote-5",
    case: CaseOption = None,
    group: GroupOption = None,
    abstain: Annotated[bool, typer.Option("--abstain", help="Give no label where the confidence is too low.")] = False,
    coverage: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Of conformal label sets, e.g. 0.95; else as trained.")
    ] = None,
    precision: Annotated[
        float | None, typer.Option(metavar="SHARE", help="Wanted when abstaining, e.g. 0.9; else as trained.")
    ] = None,
    model: ModelOption = None,
    base_url: BaseUrlOption = None,
    api: ApiOption = "chat",
    prompt: PromptOption = None,
    prompts: PromptFolderOption = None,
    cache: CacheOption = None,
    top: Annotated[int, typer.Option(min=1, help="How many probabilities to print.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Predict the label of a picture, with probabilities and the cases the answer rests on."""
    from dermtools.cli.methods import MethodOptions, method_for
    from dermtools.retrieval import CaseBase

    case_base = CaseBase.open(casebase)
    options = MethodOptions(abstain=abstain, coverage=coverage, precision=precision)
    predictor: Method
    if needs_model(method):
        chat = connect(model, ModelOptions(base_url=base_url, api=api, cache=cache), method=method)
        if method == AGENT:
            predictor = agent_method(case_base, task, chat, folders=prompts)
        else:
            predictor = prompted_method(case_base, task, method, chat, prompt=prompt, folders=prompts)
    else:
        predictor = method_for(case_base, task, method, options)
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

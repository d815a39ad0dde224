"""Arguments and options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dermtools.addresses import case_base_place
from dermtools.cli import completion
from dermtools.files import local_path, writable
from dermtools.images.kinds import FORMATS, OnWriting


def _run_folder(given: str) -> Path:
    return writable(given, folder=True)


CaseBasePath = Annotated[
    Path,
    typer.Argument(metavar="CASEBASE", help="Folder of the case base.", show_default=False, parser=case_base_place),
]
NewCaseBasePath = Annotated[
    Path,
    typer.Argument(
        metavar="CASEBASE",
        help="Folder of the case base, new or to be added to; or s3://BUCKET/NAME, gs://, az://.",
        show_default=False,
        parser=case_base_place,
    ),
]
EmbedderOption = Annotated[
    str | None,
    typer.Option(
        "--embedder",
        metavar="SPEC",
        help="Go by the vectors that `reembed` made with it; or where the case base's own lies now, if it was moved.",
    ),
]
ImageArgument = Annotated[
    Path | None,
    typer.Argument(metavar="IMAGE", help=f"Picture to look up: {FORMATS}.", show_default=False, parser=local_path),
]
HtmlOption = Annotated[Path | None, typer.Option(metavar="OUT", help="Write it as a page, too.", parser=writable)]
CaseOption = Annotated[
    str | None, typer.Option("--case", metavar="ID", help="Take a case of the case base instead of a picture.")
]
GroupOption = Annotated[
    str | None,
    typer.Option("--group", metavar="ID", help="Patient or encounter of the picture, so that it is left out."),
]
WhereOption = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help="SQL-like filter, e.g. \"location = 'face' and fitzpatrick >= 4\"."),
]
RayOption = Annotated[
    str | None,
    typer.Option(
        "--ray",
        metavar="ADDRESS|local",
        help="Spread the work over the Ray cluster at HOST:PORT, or over this machine's processors (extra ray).",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for a program to read.")]
TaskOption = Annotated[
    str,
    typer.Option("--task", metavar="TASK", help="Label column to predict.", autocompletion=completion.tasks),
]

ModelOption = Annotated[
    str | None, typer.Option("--model", metavar="PROVIDER:MODEL", help="Chat model to ask, e.g. openai:gpt-4.1.")
]
BaseUrlOption = Annotated[
    str | None, typer.Option(metavar="URL", help="An OpenAI-compatible server instead of the provider's own.")
]
ApiOption = Annotated[
    str | None, typer.Option("--api", metavar="chat|responses", help="Which of OpenAI's APIs.", show_default="chat")
]
TemperatureOption = Annotated[
    str | None,
    typer.Option("--temperature", metavar="NUMBER|none", help="0 unless the model takes none; none sends none."),
]
OutputTokensOption = Annotated[
    int | None,
    typer.Option(
        "--max-output-tokens",
        metavar="N",
        min=1,
        help="Longest reply, reasoning included.",
        show_default="1024; 25000 for a model that reasons",
    ),
]
EffortOption = Annotated[
    str | None, typer.Option("--reasoning-effort", metavar="WORD", help="For models that reason, e.g. low.")
]
ModelParameterOption = Annotated[
    list[str] | None,
    typer.Option("--model-option", metavar="KEY=VALUE", help="Any other parameter, e.g. top_p=0.5; repeatable."),
]
PromptOption = Annotated[
    str | None, typer.Option("--prompt", metavar="ID", help="Prompt of the library; else the one for the task.")
]
PromptFolderOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--prompts",
        metavar="FOLDER",
        help="Your own prompt files, over the built-in ones; repeatable.",
        parser=local_path,
    ),
]
AllowOption = Annotated[
    list[Path] | None,
    typer.Option(
        metavar="FOLDER",
        help="Pictures below it may be read by path, and its newest are listed by name; repeatable.",
        parser=local_path,
    ),
]
CheckTextOption = Annotated[
    OnWriting | None,
    typer.Option(
        "--check-text",
        metavar="flag|refuse",
        help="Refuse a picture with writing drawn in, such as an instruction, or tell the model of it: half a second "
        "each, extra ocr. It warns; some writing is missed.",
        show_default="off",
    ),
]
CacheOption = Annotated[
    Path | None,
    typer.Option("--cache", metavar="FILE", help="Keep replies in this SQLite file, and reuse them.", parser=writable),
]

# Of the commands that leave a run.
RunOption = Annotated[
    Path,
    typer.Option("--out", metavar="RUN", help="Folder of the run; resumed if interrupted.", parser=_run_folder),
]
SplitOption = Annotated[str, typer.Option("--split", help="Cases to ask about; `all` for every split.")]
RuleOption = Annotated[
    str,
    typer.Option(
        "--rule", metavar="any|single", help="Of several true labels: any counts; or only single-label cases."
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(min=1, help="Ask about so many cases only; a larger limit, later, adds cases to the same run."),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Of the draw.")]
RetryFailedOption = Annotated[
    bool, typer.Option("--retry-failed", help="Ask again where a call failed; else a finished run sends nothing.")
]
MarginOption = Annotated[
    float | None,
    typer.Option(metavar="SHARE", help="Difference in accuracy that makes no odds, e.g. 0.05: equivalent inside it."),
]
MaxCostOption = Annotated[float | None, typer.Option(metavar="USD", min=0, help="Stop before this would be passed.")]
UnknownPriceOption = Annotated[bool, typer.Option("--accept-unknown-price", help="Send though a price is unknown.")]
ConcurrencyOption = Annotated[int, typer.Option(min=1, help="Calls at a time.")]
YesOption = Annotated[bool, typer.Option("--yes", help="Do not ask before paid calls are sent.")]
MapOption = Annotated[
    str,
    typer.Option(
        "--map",
        metavar="pca|umap|none",
        help="Map of the case base in page and figures: principal components; UMAP, some 20 s longer (extra "
        "report); or none. Of more than 5,000 cases, 5,000 are on it.",
    ),
]

"""`dermtools app`: a page on this machine to look at, search and ask a case base."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dermtools.addresses import case_base_place
from dermtools.cli import parameters as shared
from dermtools.cli.models import NONE_GIVEN, ModelOptions
from dermtools.cli.output import NOT_A_DIAGNOSIS, show
from dermtools.errors import require_extra
from dermtools.files import local_path


def local_app(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="CASEBASE", help="Its folder; the drawn sample is offered without.", parser=case_base_place
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any that is free.")] = 8421,
    model: Annotated[
        str | None,
        typer.Option(metavar="PROVIDER:MODEL", help="For prompts and the agent, e.g. openai:gpt-4.1."),
    ] = None,
    reach: ModelOptions = NONE_GIVEN,
    runs: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="An evaluation, or a folder of them, to look at.", parser=local_path),
    ] = None,
    prompts: shared.PromptFolderOption = None,
    embedder: shared.EmbedderOption = None,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in your browser.")] = True,
) -> None:
    """Serve a page on this machine alone, until Ctrl-C; nothing it was shown is kept afterwards.

    The address that it prints opens the page once, in one browser; Enter prints another.
    """
    require_extra("mcp", "app")
    from dermtools.app.serving import serve_app
    from dermtools.app.session import AppSession
    from dermtools.prompting.files.library import PromptLibrary
    from dermtools.retrieval import CaseBase

    reach.check(model)
    session = AppSession(
        case_base=None if path is None else CaseBase.open(path, embedder=embedder),
        model=model,
        model_options=reach.arguments(model) if model is not None else {},
        library=PromptLibrary(*(prompts or ())),
        runs=runs,
    )
    show(NOT_A_DIAGNOSIS)
    serve_app(session, port=port, browser=browser)

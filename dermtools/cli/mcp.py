"""`dermtools mcp`: the tools for chat assistants, over the Model Context Protocol."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from dermtools.cli import parameters as shared
from dermtools.cli.models import ModelOptions
from dermtools.errors import DermtoolsError, require_extra


def mcp(
    path: shared.CaseBasePath,
    model: Annotated[
        str | None,
        typer.Option(metavar="PROVIDER:MODEL", help="Vision model for the tool run_prompt, e.g. openai:gpt-4.1."),
    ] = None,
    base_url: shared.BaseUrlOption = None,
    api: shared.ApiOption = None,
    temperature: shared.TemperatureOption = None,
    max_output_tokens: shared.OutputTokensOption = None,
    reasoning_effort: shared.EffortOption = None,
    model_option: shared.ModelParameterOption = None,
    allow: shared.AllowOption = None,
    prompts: shared.PromptFolderOption = None,
    embedder: shared.EmbedderOption = None,
    http: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Streamable HTTP instead of standard input and output."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --http: a further host name that clients use. Repeatable."),
    ] = None,
) -> None:
    """Serve the tools over the Model Context Protocol, to one assistant or, with --http, to many.

    On an address other than loopback every client needs the bearer token in the environment variable
    DERMTOOLS_MCP_TOKEN; where that is set, on loopback too.
    """
    require_extra("mcp", "mcp")
    from dermtools.mcp.run import serve

    reach = ModelOptions(base_url, api, None, temperature, max_output_tokens, reasoning_effort, model_option)
    if model is None and reach.given():
        raise DermtoolsError(f"{', '.join(reach.given())} goes with --model; leave it out")
    if name and http is None:
        raise DermtoolsError("--name goes with --http; leave it out")
    address = None
    if http is not None:
        from dermtools.mcp.http import TOKEN_VARIABLE, HttpAddress

        address = HttpAddress.parse(http, token=os.environ.get(TOKEN_VARIABLE) or None, names=name or ())
    asked = reach.arguments(model) if model is not None else {}
    serve(
        path,
        model=model,
        model_options=asked,
        folders=allow or (),
        prompts=prompts or (),
        http=address,
        embedder=embedder,
    )

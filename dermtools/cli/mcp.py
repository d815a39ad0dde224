"""`dermtools mcp`: the tools for chat assistants, over the Model Context Protocol."""

from __future__ import annotations

import gc
import os
from typing import Annotated, Any, get_args

import typer

from dermtools.cli import parameters as shared
from dermtools.cli.assistants import tell_assistant
from dermtools.cli.models import NONE_GIVEN, ModelOptions
from dermtools.errors import DermtoolsError, require_extra
from dermtools.mcp.assistants import AssistantName


def mcp(
    context: typer.Context,
    path: shared.CaseBasePath,
    model: Annotated[
        str | None,
        typer.Option(metavar="PROVIDER:MODEL", help="Vision model for the tool run_prompt, e.g. openai:gpt-4.1."),
    ] = None,
    reach: ModelOptions = NONE_GIVEN,
    allow: shared.AllowOption = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="HOST", help="Pictures may be fetched from it over HTTPS, as a chat's files; repeatable."),
    ] = None,
    prompts: shared.PromptFolderOption = None,
    embedder: shared.EmbedderOption = None,
    check_text: shared.CheckTextOption = None,
    links: Annotated[
        bool,
        typer.Option("--links", help="Link results to the resources of their cases; many clients cannot take links."),
    ] = False,
    http: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Streamable HTTP instead of standard input and output."),
    ] = None,
    name: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --http: a further host name that clients use. Repeatable."),
    ] = None,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="With --http: where clients reach it, as behind a proxy; ends in /mcp."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(metavar="ORIGIN", help="With --http: pages of it may call this server (CORS). Repeatable."),
    ] = None,
    auth_server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="With --http: clients bring tokens of this authorization server (OAuth)."),
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="With --auth-server: tokens must have it. Repeatable.")
    ] = None,
    instance: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --http: its name among several behind one proxy, which goes by it."),
    ] = None,
    max_calls: Annotated[
        int | None, typer.Option(metavar="N", help="With --http: requests under way in all; 64 by default.")
    ] = None,
    max_client_calls: Annotated[
        int | None, typer.Option(metavar="N", help="With --http: requests under way of one client; 8 by default.")
    ] = None,
    max_sessions: Annotated[
        int | None, typer.Option(metavar="N", help="With --http: sessions at once; 256 by default.")
    ] = None,
    session_minutes: Annotated[
        float | None,
        typer.Option(metavar="MINUTES", help="With --http: a session ends after so long unused; 30 by default."),
    ] = None,
    held_megabytes: Annotated[
        int | None,
        typer.Option(metavar="MIB", help="With --http: pictures kept for all sessions together; 192 by default."),
    ] = None,
    print_config: Annotated[
        AssistantName | None,
        typer.Option(
            metavar="ASSISTANT",
            help=f"Print what tells an assistant of this server, and end: {', '.join(get_args(AssistantName))}.",
        ),
    ] = None,
    install: Annotated[
        bool, typer.Option("--install", help="With --print-config: write it into the assistant's own file.")
    ] = False,
) -> None:
    """Serve the tools over the Model Context Protocol, to one assistant or, with --http, to many.

    On an address other than loopback every client needs the bearer token in the environment variable
    DERMTOOLS_MCP_TOKEN, where that is set on loopback too; or, with --auth-server, one that it issued.
    """
    # Thousands of classes are made as the protocol's package is imported, and none is garbage: looking for some takes
    # a fifth of the start, and Claude Code does not wait for a server longer than 5 s.
    gc.disable()
    try:
        require_extra("mcp", "mcp")
        from dermtools.mcp.run import serve
    finally:
        gc.enable()

    reach.check(model)
    chosen = {
        "calls": max_calls,
        "client_calls": max_client_calls,
        "sessions": max_sessions,
        "session_minutes": session_minutes,
        "megabytes": held_megabytes,
    }
    given: dict[str, Any] = {key: value for key, value in chosen.items() if value is not None}
    about_http = {
        "--name": name,
        "--public-url": public_url,
        "--allow-origin": allow_origin,
        "--auth-server": auth_server,
        "--scope": scope,
        "--instance": instance,
    }
    if http is None and (out_of_place := [option for option, value in about_http.items() if value]):
        raise DermtoolsError(f"{', '.join(out_of_place)} goes with --http; leave it out")
    if scope and auth_server is None:
        raise DermtoolsError("--scope goes with --auth-server; leave it out")
    if given and http is None:
        raise DermtoolsError("limits of sessions and requests go with --http; leave them out")
    address = limits = None
    if http is not None:
        from dermtools.mcp.http import TOKEN_VARIABLE, HttpAddress
        from dermtools.mcp.limits import ServerLimits

        auth = None
        if auth_server is not None:
            from dermtools.mcp.oauth import AuthServer

            if public_url is None:
                raise DermtoolsError("--auth-server needs --public-url: tokens are issued for that URL")
            auth = AuthServer.of_environment(auth_server, public_url, tuple(scope or ()))
        address = HttpAddress.parse(
            http,
            token=os.environ.get(TOKEN_VARIABLE) or None,
            names=name or (),
            url=public_url,
            origins=allow_origin or (),
            auth=auth,
            instance=instance or "",
        )
        limits = ServerLimits(**given)
    if install and print_config is None:
        raise DermtoolsError("--install goes with --print-config ASSISTANT, which says where to")
    asked = reach.arguments(model) if model is not None else {}
    if print_config is not None:
        tell_assistant(context, print_config, path, address, install=install)
        return
    serve(
        path,
        model=model,
        model_options=asked,
        folders=allow or (),
        hosts=allow_host or (),
        prompts=prompts or (),
        http=address,
        limits=limits,
        embedder=embedder,
        check_text=check_text,
        links=links,
    )

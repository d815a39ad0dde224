"""One process that serves one case base, until it is stopped."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anyio

from dermtools.images.kinds import OnWriting
from dermtools.mcp.discretion import DiscreetFormatter, Discretion
from dermtools.mcp.http import HttpAddress, serve_http
from dermtools.mcp.limits import ServerLimits
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.server import CaseBaseServer
from dermtools.mcp.stdio import serve_stdio
from dermtools.tools import ImageGrants


def serve(
    case_base: str | Path,
    *,
    model: str | None = None,
    model_options: Mapping[str, Any] | None = None,
    folders: Iterable[str | Path] = (),
    hosts: Iterable[str] = (),
    prompts: Iterable[str | Path] = (),
    http: HttpAddress | None = None,
    limits: ServerLimits | None = None,
    embedder: str | None = None,
    check_text: OnWriting | None = None,
    links: bool = False,
) -> None:
    """Serve a case base over stdio, or over HTTP where there is an address. Logs go to standard error.

    Args:
        case_base: its folder.
        model: `provider:model` for the tool `run_prompt`; without one there is no such tool.
        model_options: how it is reached and asked: further arguments of `chat_model`.
        folders: where pictures may be read from by their path.
        hosts: where they may be fetched from over HTTPS.
        prompts: folders of prompt files above the built-in ones.
        http: where to listen.
        limits: how much clients over HTTP may ask of it.
        check_text: `refuse` or `flag` clients' pictures with writing drawn in.
        embedder: another way to load the case base's own embedder, where its file was moved.
        links: add a `resource_link` to each case that a result names. Many clients cannot take them.

    Raises:
        CaseBaseError: there is no case base.
        PromptError: a prompt folder does not exist.
        DermtoolsError: a folder does not exist, a host is none, or the address cannot be listened on.
    """
    folders, prompts = list(folders), list(prompts)
    discretion = Discretion([case_base, *folders, *prompts], None if http is None else http.token)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(DiscreetFormatter("%(levelname)s %(name)s: %(message)s", discretion))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    logging.captureWarnings(True)
    grants = ImageGrants.allow(folders=folders, hosts=hosts, data_urls=True)
    served = ServedCaseBase(
        case_base,
        grants=grants,
        model=model,
        model_options=model_options,
        prompts=prompts,
        embedder=embedder,
        discretion=discretion,
        check_text=check_text,
        links=links,
    )

    async def run() -> None:
        server = CaseBaseServer(served)
        await (serve_stdio(server) if http is None else serve_http(server, http, limits))

    anyio.run(run)

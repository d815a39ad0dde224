"""The MCP server over a case base, without a transport."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from functools import partial
from typing import Any, TypeVar

import anyio
import mcp_types as types
from mcp.server.context import CallNext, HandlerResult
from mcp.server.lowlevel import Server
from mcp.shared.exceptions import MCPError
from pydantic import ValidationError

from dermtools.errors import DermtoolsError, QueryError
from dermtools.hidden_paths import client_text
from dermtools.mcp import apps
from dermtools.mcp.admission import CONTEXT, PLACE
from dermtools.mcp.app_tools import APP_TOOLS
from dermtools.mcp.client_log import ClientLog
from dermtools.mcp.completion import complete
from dermtools.mcp.instructions import instructions
from dermtools.mcp.prompts import get_prompt, list_prompts
from dermtools.mcp.resources import list_resources, list_templates, read_resource
from dermtools.mcp.served import ServedCaseBase
from dermtools.mcp.threads import Context, Lane, Threads
from dermtools.mcp.tools import brings_picture, call_tool, list_tools, take_picture, tool_names, tool_schema
from dermtools.text import one_line
from dermtools.tools import CATALOG, DermContext
from dermtools.version import __version__

logger = logging.getLogger(__name__)

P = TypeVar("P")
R = TypeVar("R")


class CaseBaseServer:
    """Answers the protocol's requests from a case base. Make transports with `serve_stdio` and `serve_http`."""

    def __init__(self, served: ServedCaseBase) -> None:
        self.served = served
        self.listed = anyio.Event()
        """Set once a client has the list of tools: from then on there is time to warm up."""
        self._threads = Threads()
        self.protocol: Server[Any] = Server(
            "dermtools",
            version=__version__,
            title="dermtools: similar dermatology cases",
            instructions=instructions(served),
            get_tool_input_schema=partial(tool_schema, served),
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_list_resource_templates=self._in_thread(
                lambda _: types.ListResourceTemplatesResult(resource_templates=list_templates())
            ),
            on_read_resource=self._in_thread(self._read_resource, lambda _: "reading a resource"),
            on_list_prompts=self._in_thread(lambda _: types.ListPromptsResult(prompts=list_prompts(served))),
            on_get_prompt=self._get_prompt,
            on_completion=self._in_thread(self._complete),
        )
        self.protocol.extensions[apps.EXTENSION_ID] = {}
        log = ClientLog(self._context)
        # Given to the constructor it would warn that the protocol of 2026 has no such method any more.
        self.protocol.add_request_handler("logging/setLevel", types.SetLevelRequestParams, log.set_level)
        self.protocol.middleware += [log.middleware, self._errors]

    async def warm_up(self) -> None:
        """Load what the first call would wait for; a problem is logged and reported again by the call that meets it."""
        try:
            await self._threads.run(self.served.warm)
        except DermtoolsError as error:
            logger.warning("%s", one_line(str(error), 1000))
        except Exception:
            # A server must not end because of what one of its tools may need.
            logger.exception("warming up failed")

    async def _errors(self, ctx: Context, call_next: CallNext) -> HandlerResult:
        """Errors of ours as the protocol's, with one line; of others nothing but that there was one."""
        try:
            return await call_next(ctx)
        except (MCPError, ValidationError):
            raise
        except DermtoolsError as error:
            code = types.INVALID_PARAMS if error.fixable else types.INTERNAL_ERROR
            message = one_line(self.served.discreet(client_text(error, self.served.known_paths)), 1000)
            raise MCPError(code=code, message=message) from error
        except Exception as error:
            logger.exception("%s failed", ctx.method)
            raise MCPError(code=types.INTERNAL_ERROR, message="internal error; the server's log says more") from error

    def _in_thread(
        self, function: Callable[[P], R], what: Callable[[P], str] | None = None
    ) -> Callable[[Context, P], Awaitable[R]]:
        """A plain function as a handler; with `what`, one that may be slow: it gives signs of life by that name."""

        async def handle(context: Context, params: P) -> R:
            run = partial(self._run, context, lambda: function(params))
            return await (run() if what is None else run(what(params)))

        return handle

    async def _run(
        self, context: Context, function: Callable[[], R], what: str | None = None, lane: Lane = Lane.QUICK
    ) -> R:
        """In a thread; a request over HTTP keeps its place among those under way until that has ended."""
        place = context.request.scope.get(PLACE) if context.request is not None else None
        with place or nullcontext():
            if what is None:
                return await self._threads.run(function, lane, place)
            return await self._threads.run_with_progress(function, context, what, lane, place)

    async def _list_tools(self, context: Context, _: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        self.listed.set()
        tools = list_tools(self.served)
        return types.ListToolsResult(tools=apps.with_app(tools) if apps.client_supports_apps(context) else tools)

    async def _list_resources(
        self, context: Context, _: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        page = [apps.app_resource()] if apps.client_supports_apps(context) else []
        return types.ListResourcesResult(resources=[*list_resources(), *page])

    async def _call_tool(self, context: Context, params: types.CallToolRequestParams) -> types.CallToolResult:
        names = tool_names(self.served)
        given: dict[str, Any] = params.arguments or {}
        own = self._context(context)
        if (name := params.name) in APP_TOOLS and apps.client_supports_apps(context):
            tool = APP_TOOLS[name]
            lane = Lane.PICTURE if tool.decodes(given) else Lane.QUICK
            return await self._run(context, partial(tool.call, self.served, given, own), name, lane)
        if name not in names:
            raise QueryError(f"no tool {one_line(name, 80)!r}; there are: {', '.join(names)}")
        opens = name in CATALOG and CATALOG[name].needs_folder
        lane = Lane.PICTURE if opens or brings_picture(given) else Lane.QUICK
        if name in CATALOG and CATALOG[name].asks_model:
            if lane is Lane.PICTURE:
                taken = await self._run(context, partial(take_picture, self.served, given, own), name, lane)
                if isinstance(taken, types.CallToolResult):
                    return taken
                given = taken
            lane = Lane.MODEL
        return await self._run(context, partial(call_tool, self.served, name, given, own), name, lane)

    async def _get_prompt(self, context: Context, params: types.GetPromptRequestParams) -> types.GetPromptResult:
        given = params.arguments or {}
        get = partial(get_prompt, self.served, params.name, given, self._context(context))
        return await self._run(context, get, params.name, Lane.PICTURE if brings_picture(given) else Lane.QUICK)

    def _context(self, context: Context) -> DermContext:
        """Of the session that a request over HTTP belongs to; else of the one client that there is."""
        find = context.request.scope.get(CONTEXT) if context.request is not None else None
        return self.served.context if find is None else find()

    def _read_resource(self, params: types.ReadResourceRequestParams) -> types.ReadResourceResult:
        return apps.read_app() if params.uri == apps.URI else read_resource(self.served, params.uri)

    def _complete(self, params: types.CompleteRequestParams) -> types.CompleteResult:
        known = (params.context.arguments if params.context else None) or {}
        return types.CompleteResult(completion=complete(self.served, params.ref, params.argument, known))

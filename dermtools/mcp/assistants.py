"""How each assistant is told of the server: the block for its configuration, and the file that this belongs in."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from dermtools.errors import DermtoolsError

AssistantName = Literal[
    "claude-desktop",
    "claude-code",
    "cursor",
    "vscode",
    "codex",
    "gemini",
    "zed",
    "lm-studio",
    "open-webui",
    "librechat",
]
SERVER = "dermtools"
"""What an assistant calls the server."""


@dataclass(frozen=True)
class Assistant:
    """An assistant whose configuration is documented."""

    title: str
    documented: str
    """Where its makers describe the format."""
    servers: str
    """Key of the table that has one entry a server."""
    place: Callable[[], Path | None] = lambda: None
    """Its file on this machine; None where its makers name none."""
    format: Literal["json", "toml", "yaml"] = "json"
    more: Mapping[str, str] = field(default_factory=dict)
    """What an entry says besides its command."""
    by_address: bool = False
    """Whether it connects to a server over HTTP, and starts none."""

    def block(self, name: str, command: Sequence[str]) -> str:
        """The server's entry by its name, as it stands in a file that has nothing else."""
        return self.written({self.servers: {name: self.entry(command)}})

    def entry(self, command: Sequence[str]) -> dict[str, Any]:
        """What starts the server: the command's first word, and the others."""
        return {**self.more, "command": command[0], "args": list(command[1:])}

    def written(self, content: Any) -> str:
        """The content of a whole file, in its format."""
        if self.format == "json":
            return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        if self.format == "toml":
            import tomlkit

            return tomlkit.dumps(content)
        import yaml

        return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=10_000))


def _claude_desktop() -> Path | None:
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/Claude/claude_desktop_config.json"
    return Path(os.environ["APPDATA"], "Claude", "claude_desktop_config.json") if "APPDATA" in os.environ else None


def _zed() -> Path | None:
    if sys.platform == "win32":
        return Path(os.environ["APPDATA"], "Zed", "settings.json") if "APPDATA" in os.environ else None
    config = Path.home() / ".config" if sys.platform == "darwin" else _xdg_config()
    return config / "zed" / "settings.json"


def _xdg_config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


ASSISTANTS: dict[AssistantName, Assistant] = {
    "claude-desktop": Assistant(
        "Claude Desktop",
        "modelcontextprotocol.io, Connect to local MCP servers",
        "mcpServers",
        _claude_desktop,
    ),
    "claude-code": Assistant(
        "Claude Code",
        "code.claude.com, Connect Claude Code to tools via MCP: project scope",
        "mcpServers",
        lambda: Path.cwd() / ".mcp.json",
        more={"type": "stdio"},
    ),
    "cursor": Assistant(
        "Cursor",
        "docs.cursor.com, Model Context Protocol: mcp.json",
        "mcpServers",
        lambda: Path.home() / ".cursor/mcp.json",
        more={"type": "stdio"},
    ),
    "vscode": Assistant(
        "VS Code",
        "code.visualstudio.com, MCP configuration reference: workspace",
        "servers",
        lambda: Path.cwd() / ".vscode/mcp.json",
        more={"type": "stdio"},
    ),
    "codex": Assistant(
        "Codex",
        "developers.openai.com, Codex: Model Context Protocol",
        "mcp_servers",
        lambda: Path(os.environ.get("CODEX_HOME") or Path.home() / ".codex") / "config.toml",
        format="toml",
    ),
    "gemini": Assistant(
        "Gemini CLI",
        "geminicli.com, MCP servers with the Gemini CLI: settings.json",
        "mcpServers",
        lambda: Path.home() / ".gemini/settings.json",
    ),
    "zed": Assistant("Zed", "zed.dev, Model Context Protocol: as custom servers", "context_servers", _zed),
    "lm-studio": Assistant(
        "LM Studio",
        "lmstudio.ai, Use MCP servers: mcp.json",
        "mcpServers",
        lambda: Path.home() / ".lmstudio/mcp.json",
    ),
    "open-webui": Assistant(
        "Open WebUI",
        "docs.openwebui.com, Model Context Protocol, and TOOL_SERVER_CONNECTIONS",
        "TOOL_SERVER_CONNECTIONS",
        by_address=True,
    ),
    "librechat": Assistant(
        "LibreChat",
        "librechat.ai, librechat.yaml: mcpServers",
        "mcpServers",
        format="yaml",
        more={"type": "stdio"},
    ),
}


def connection(url: str, *, with_token: bool) -> str:
    """A server over HTTP as Open WebUI takes it: a list with one connection, whose key is to be filled in."""
    about = {"id": SERVER, "name": SERVER, "description": "Similar dermatology cases. For research; not a diagnosis."}
    entry = {
        "type": "mcp",
        "url": url,
        "path": "",
        "auth_type": "bearer" if with_token else "none",
        "key": "",
        "config": {"enable": True},
        "info": about,
    }
    return json.dumps([entry], indent=2) + "\n"


def this_program() -> list[str]:
    """How this installation is started from anywhere: the script beside this Python, or the package by this Python."""
    script = Path(sys.executable).with_name("dermtools.exe" if sys.platform == "win32" else "dermtools")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "dermtools"]


def name_for(case_base: Path, servers: Mapping[str, Any]) -> str:
    """What to call the server over this case base beside those that are there; another case base keeps its entry."""
    names = [SERVER, f"{SERVER}-{re.sub('[^A-Za-z0-9_-]+', '-', case_base.name).strip('-') or 'cases'}"]
    for name in names:
        entry = servers.get(name)
        if entry is None or _serves(entry, case_base):
            return name
    raise DermtoolsError(
        f"there are servers {' and '.join(map(repr, names))} over other case bases already; remove one of them"
    )


def _serves(entry: Any, case_base: Path) -> bool:
    args = entry.get("args") if isinstance(entry, Mapping) else None
    return isinstance(args, Sequence) and str(case_base) in list(args)

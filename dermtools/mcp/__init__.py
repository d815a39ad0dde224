"""The same tools over the Model Context Protocol, for chat assistants; needs the extra `mcp`.

from dermtools.mcp import serve
serve("casebase", folders=["photos"])
"""

from typing import TYPE_CHECKING

from dermtools.lazy import exports

if TYPE_CHECKING:
    from dermtools.mcp.http import HttpAddress as HttpAddress
    from dermtools.mcp.limits import ServerLimits as ServerLimits
    from dermtools.mcp.oauth import AuthServer as AuthServer
    from dermtools.mcp.run import serve as serve

__getattr__, __dir__, __all__ = exports(__name__)

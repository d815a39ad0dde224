"""The same tools over the Model Context Protocol, for chat assistants; needs the extra `mcp`.

from dermtools.mcp.run import serve
serve("casebase", folders=["photos"])
"""

"""The graph that langgraph.json names; see docs/langgraph-server.md."""

from dermtools.agent.server import make_graph

graph = make_graph()

"""One Ray cluster for the tests of this room."""

from tests.support.ray_cluster import ray_nodes

__all__ = ["ray_nodes"]

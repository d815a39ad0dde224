"""One Ray cluster for the tests of this room, and an object store."""

from tests.support.object_stores import address, object_store
from tests.support.ray_cluster import ray_nodes

__all__ = ["address", "object_store", "ray_nodes"]

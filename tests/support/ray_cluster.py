"""A Ray cluster of several node processes on this machine, one for all tests of a session."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.held_embedder import until

NODE: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
OWN_WARNINGS = (
    "ignore:`use_[a-z_0-9]+` is deprecated:DeprecationWarning",  # of Ray about its own settings
    "ignore:lance is not fork-safe:UserWarning",  # it starts its processes by fork, and they become others at once
    "ignore:invalid escape sequence:DeprecationWarning",
)


@dataclass
class RayNodes:
    """Three nodes of one processor each; this process is connected to the first."""

    cluster: Any

    @property
    def address(self) -> str:
        return str(self.cluster.address)

    def kill(self, node_id: str) -> None:
        """End a node by SIGKILL, and put a new one in its place."""
        node = next(one for one in self.cluster.worker_nodes if one.node_id == node_id)
        self.cluster.remove_node(node, allow_graceful=False)

    def restore(self) -> None:
        """Add nodes until there are three."""
        while len(self.cluster.worker_nodes) < 2:
            self.cluster.add_node(**NODE)

    def killable(self) -> set[str]:
        return {node.node_id for node in self.cluster.worker_nodes}


@pytest.fixture(scope="session")
def ray_nodes() -> Iterator[RayNodes]:
    """Three node processes; skipped where Ray is not installed."""
    # Before Ray is imported: its token is in the environment, not in the home folder.
    before = dict(os.environ)
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_BACKEND_LOG_LEVEL": "fatal"}
    pytest.importorskip("lance_ray", reason="Ray is not installed: pip install 'dermtools[ray]'", exc_type=ImportError)
    import ray
    from ray.cluster_utils import Cluster

    folder = Path(tempfile.mkdtemp(prefix="dermtools-", dir="/tmp"))
    with ExitStack() as ending:
        # Again where a process that is ending has written into it meanwhile.
        ending.callback(until, lambda: shutil.rmtree(folder, ignore_errors=True) or not folder.exists())
        # Ray notes there which cluster is the present one, and makes no folder for it.
        os.environ["RAY_TMPDIR"] = str(folder)
        (folder / "ray").mkdir()
        head = NODE | {"include_dashboard": False, "temp_dir": f"{folder}/r"}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            nodes = RayNodes(cluster)
            nodes.restore()
            ray.init(cluster.address, log_to_driver=False, configure_logging=False)
            yield nodes
        finally:
            ray.shutdown()
            cluster.shutdown()
            os.environ.clear()
            os.environ.update(before)

"""The files of a case base, joined by workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dermtools.cases.fragments import dataset_of
from dermtools.cases.lance_errors import one_line_errors
from dermtools.distributed.cluster import SHARE, Cluster

if TYPE_CHECKING:
    from dermtools.cases.lance_table import CaseTable


def join_files(table: CaseTable, cluster: Cluster) -> None:
    """Join small files into larger ones; rows keep their order. The caller holds the lock. Raises a CaseBaseError."""
    import lance_ray

    with one_line_errors("the files of the case base could not be joined"):
        lance_ray.compact_files(
            str(dataset_of(table).uri), num_workers=cluster.workers, ray_remote_args={"num_cpus": SHARE}
        )
    table.follow()

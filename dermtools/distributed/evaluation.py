"""An evaluation whose computed methods answer on many machines; what asks a paid model is asked from here alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from dermtools.distributed.cluster import Cluster, cluster
from dermtools.evaluation.running.asking import LocalAsking, ask_batch

if TYPE_CHECKING:
    from dermtools.evaluation import Arm
    from dermtools.evaluation.running.records import Record
    from dermtools.evaluation.scoring import Target
    from dermtools.retrieval import CaseBase


@contextmanager
def spread_over(address: str, case_base: CaseBase) -> Iterator[LocalAsking]:
    """What `evaluate` takes as `local`: batches go to the workers of the Ray cluster at an address.

    The case base is opened by each worker where it lies, so its folder must be shared by all machines. Batches are
    those of one machine, so that the answers are. Raises a ClusterError where Ray cannot be reached.
    """
    with cluster(address) as found:
        yield lambda arm, batches: _answers(found, case_base, arm, batches)


def _answers(
    found: Cluster, case_base: CaseBase, arm: Arm, batches: Sequence[Sequence[Target]]
) -> Iterator[list[Record]]:
    return found.spread(_Answering, {"arm": arm, "case_base": case_base}, batches)


class _Answering:
    """A worker: it holds the method, and the case base that its queries come from."""

    def __init__(self, arm: Arm, case_base: CaseBase) -> None:
        self._arm = arm
        self._case_base = case_base

    def __call__(self, piece: Sequence[Target]) -> list[Record]:
        return ask_batch(self._arm, piece, lambda case_id: self._case_base.query(case_id=case_id))

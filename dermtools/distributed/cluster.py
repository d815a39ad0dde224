"""A Ray cluster: one that runs already, or one of this machine's processors that lives as long as the work.

Ray's own files and messages tell nothing of cases: what goes to workers is packed, and what a worker raises on purpose
comes back as a value, so that no error with a path in it is written to Ray's logs.
"""

from __future__ import annotations

import logging
import os
import pickle
import secrets
import shutil
import socket
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dermtools.errors import DermtoolsError, require_extra
from dermtools.text import one_line

if TYPE_CHECKING:
    import pyarrow as pa

LOCAL = "local"
SHARE = 0.5
"""Of a processor that one worker reserves: so those of a machine that died find room on the others."""
RESTARTS = 100
"""Deaths of one worker, after which the work is given up: a piece may be what kills it."""
TOKEN_VARIABLES = ("RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH")
KNOCKS = 10.0
"""Seconds to wait for an answer at an address."""
STORE_BYTES = 256 * 2**20
"""Memory of a cluster of its own for what is on its way between processes: little, since rows go to the disk."""


class ClusterError(DermtoolsError):
    """Ray cannot be reached or started, or a worker cannot do what it was given."""


class Work(Protocol):
    """What a worker does; made once a worker, from the same arguments everywhere."""

    def __call__(self, piece: Any) -> Any: ...


@dataclass(frozen=True)
class Cluster:
    """Processors and graphics cards that work can be spread over."""

    cpus: int
    gpus: int
    machines: int

    @property
    def workers(self) -> int:
        """As many as there are graphics cards, else processors."""
        return self.gpus or max(1, self.cpus)

    def spread(self, work: type[Work], arguments: Mapping[str, Any], pieces: Iterable[Any]) -> Iterator[Any]:
        """What workers make of pieces, in the order of the pieces.

        A piece whose worker died is given to another; so it may be done twice, and comes back once.

        Raises:
            ClusterError: workers died of the same piece again and again, or all of them are gone.
            DermtoolsError: what `work` raised.
        """
        import ray
        from ray.data import ActorPoolStrategy, from_arrow
        from ray.util.annotations import RayDeprecationWarning

        _quiet()
        packed = [_packed(piece) for piece in pieces]
        if not packed:
            return
        demands: dict[str, Any] = {"num_cpus": SHARE, "max_restarts": RESTARTS, "max_task_retries": -1}
        if self.gpus:
            demands["num_gpus"] = 1
        with warnings.catch_warnings():
            # Ray Data has no other way yet to bound how often a piece is tried, which may be what kills the workers.
            warnings.simplefilter("ignore", RayDeprecationWarning)
            done = from_arrow(packed).map_batches(
                _Worker,
                fn_constructor_args=(ray.cloudpickle.dumps((work, dict(arguments))),),
                batch_size=None,
                batch_format="pyarrow",
                compute=ActorPoolStrategy(size=min(self.workers, len(packed)), max_tasks_in_flight_per_actor=2),
                **demands,
            )
        try:
            for row in done.iter_rows():
                outcome = pickle.loads(row["packed"])  # noqa: S301 - from our own worker, through Ray
                if isinstance(outcome, _Raised):
                    raise outcome.error()
                yield outcome
        except ray.exceptions.RayError as error:
            raise ClusterError(
                f"Ray gave the work up ({type(error).__name__}): one worker died {RESTARTS} times, or the "
                "cluster is gone; what was stored is kept, run the same command again to resume"
            ) from None


@dataclass(frozen=True)
class _Raised:
    """What a worker raised on purpose."""

    kind: type[DermtoolsError]
    text: str

    def error(self) -> DermtoolsError:
        return self.kind(self.text)

    @classmethod
    def of(cls, error: DermtoolsError) -> _Raised:
        # Of the classes that `dermtools.errors` has, since others may need more than a text.
        return cls(next(kind for kind in type(error).__mro__ if kind.__module__ == "dermtools.errors"), str(error))


class _Worker:
    """The actor of Ray Data: it makes the work once, and keeps it."""

    def __init__(self, packed: bytes) -> None:
        self._work: Work | None = None
        self._failed: _Raised | None = None
        try:
            work, arguments = pickle.loads(packed)  # noqa: S301 - from the driver, through Ray
            self._work = work(**arguments)
        except DermtoolsError as error:
            self._failed = _Raised.of(error)

    def __call__(self, table: pa.Table) -> pa.Table:
        outcome: Any = self._failed
        if self._work is not None:
            try:
                outcome = self._work(pickle.loads(table["packed"][0].as_py()))  # noqa: S301 - from the driver
            except DermtoolsError as error:
                outcome = _Raised.of(error)
        return _packed(outcome)


def _packed(content: Any) -> pa.Table:
    import pyarrow as pa
    from ray import cloudpickle

    return pa.table({"packed": pa.array([cloudpickle.dumps(content)], pa.large_binary())})


@contextmanager
def cluster(address: str) -> Iterator[Cluster]:
    """Connect to the Ray cluster at an address (`HOST:PORT`, or `auto`), or start one here for `local`.

    A program that has connected to Ray itself keeps its connection, whatever the address.

    Raises:
        MissingExtraError: Ray is not installed.
        ClusterError: it cannot be reached or started.
    """
    if "://" in address:
        raise ClusterError(
            f"--ray {address}: Ray's client protocol is not supported; start dermtools on a machine of the cluster and "
            "give HOST:PORT of its head, or auto"
        )
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    if address == LOCAL and "ray" not in sys.modules and not any(map(os.environ.get, TOKEN_VARIABLES)):
        # Else Ray writes a lasting token below the home folder; this one ends with the process. Ray reads it once.
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=secrets.token_hex(32))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Ray's own, about itself
        ray = require_extra("ray", "ray")
        require_extra("lance_ray", "ray")
    with ExitStack() as ending:
        if not ray.is_initialized():
            if address not in (LOCAL, "auto"):
                _knock(address)
            own = {"include_dashboard": False, **ending.enter_context(_own())} if address == LOCAL else {}
            ending.callback(ray.shutdown)
            quiet = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": False}
            try:
                with warnings.catch_warnings():
                    # Its processes are forked and become other programs at once: nothing of Lance runs in them.
                    warnings.filterwarnings("ignore", "lance is not fork-safe")
                    ray.init(address, **own, **quiet)
            except (ConnectionError, ValueError, RuntimeError, TimeoutError, ray.exceptions.RayError) as error:
                raise ClusterError(
                    f"--ray {address}: Ray cannot be reached or started: {one_line(str(error))[:300]}"
                ) from None
        found = ray.cluster_resources()
        machines = sum(bool(node["Alive"]) for node in ray.nodes())
        yield Cluster(int(found.get("CPU", 1)), int(found.get("GPU", 0)), machines)


def _knock(address: str) -> None:
    """Ray itself tries for minutes, and writes lines of its own meanwhile."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit():
        raise ClusterError(
            f"--ray {address}: Ray cannot be reached: give HOST:PORT of the cluster's head, auto, or local"
        )
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=KNOCKS).close()
    except (OSError, OverflowError):
        raise ClusterError(
            f"--ray {address}: Ray cannot be reached: nothing answers there; check the address, or start it with "
            "ray start --head"
        ) from None


@contextmanager
def _own() -> Iterator[dict[str, Any]]:
    """Settings of a cluster that only its owner can enter and of which nothing stays behind."""
    # Ray opens its folder to everybody, so it lies in one that is closed; the path of a socket must be short.
    folder = tempfile.mkdtemp(prefix="dermtools-ray-", dir="/tmp" if Path("/tmp").is_dir() else None)
    try:
        yield {"_temp_dir": f"{folder}/r", "object_store_memory": STORE_BYTES}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quiet() -> None:
    """Ray Data in the order of its input, without bars and lines of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # it warns of its own former settings
        from ray.data import DataContext

        context = DataContext.get_current()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)

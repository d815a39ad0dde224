"""Over three nodes, one of which dies: the rows and records of one machine. One file, so that one cluster does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dermtools.cases import SourceOptions, load_source
from dermtools.cases.case import SourceCase, SourceData
from dermtools.cases.fragments import FragmentWriter
from dermtools.cases.lance_table import TABLE
from dermtools.cases.vector_search import is_indexed
from dermtools.distributed.evaluation import spread_over
from dermtools.distributed.index import LEAST_ROWS, index_over
from dermtools.distributed.ingest import ingest_over
from dermtools.evaluation import evaluate
from dermtools.intervals import wilson
from dermtools.methods import method
from dermtools.retrieval import CaseBase, IngestReport
from dermtools.retrieval.search.lance_index import lance_index
from tests.support.held_embedder import HeldEmbedder, until, waiting
from tests.support.paths import ROOT
from tests.support.ray_cluster import OWN_WARNINGS, RayNodes

pytestmark = [pytest.mark.filterwarnings(warning) for warning in OWN_WARNINGS]
CASES = 90


@pytest.fixture(scope="module")
def source() -> SourceData:
    """Drawn pictures; of the last two cases one picture is another one's, the other cannot be read."""
    data = load_source("sample", None, SourceOptions(attributes="all"))
    cases = list(data.cases[:CASES])
    first, last, broken = cases[0], cases[-1], cases[-2]
    turned = first.picture
    assert isinstance(turned, bytes)
    cases[-1] = _with(last, _turned(turned))
    cases[-2] = _with(broken, b"no picture")
    return replace(data, cases=tuple(cases))


@pytest.fixture(scope="module")
def alone(source: SourceData, tmp_path_factory: pytest.TempPathFactory) -> tuple[CaseBase, IngestReport]:
    """The case base that one machine makes of it."""
    case_base = CaseBase.create(tmp_path_factory.mktemp("alone"), embedder="descriptor")
    return case_base, case_base.add(source, batch_size=5)


def test_a_node_that_is_killed_costs_nothing(
    ray_nodes: RayNodes, source: SourceData, alone: tuple[CaseBase, IngestReport], tmp_path: Path
) -> None:
    ray_nodes.restore()
    (tmp_path / "barrier").mkdir()
    embedder = HeldEmbedder(tmp_path / "barrier", free=1)
    case_base = CaseBase.create(tmp_path / "cases", embedder=embedder)
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(ingest_over, ray_nodes.address, case_base, source, step=2, batch_size=5)
        until(lambda: work.done() or _killable(ray_nodes, embedder.folder))
        node = next(iter(_killable(ray_nodes, embedder.folder)))
        for pid in waiting(embedder.folder)[node]:
            os.kill(pid, signal.SIGKILL)
        ray_nodes.kill(node)
        (embedder.folder / "go").touch()
        report = work.result()
    ray_nodes.restore()
    _assert_same(case_base, alone[0])
    assert _untimed(report) == _untimed(alone[1])


def test_a_driver_that_is_killed_is_resumed_by_the_same_command(
    ray_nodes: RayNodes, source: SourceData, alone: tuple[CaseBase, IngestReport], tmp_path: Path
) -> None:
    (tmp_path / "barrier").mkdir()
    embedder = HeldEmbedder(tmp_path / "barrier", free=2)
    case_base = CaseBase.create(tmp_path / "cases", embedder=embedder)
    driver = subprocess.Popen([sys.executable, "-c", DRIVER, ray_nodes.address, tmp_path, str(CASES)], cwd=ROOT)
    until(lambda: driver.poll() or (waiting(embedder.folder) and case_base.version and len(case_base.store)))
    driver.kill()
    driver.wait()
    (embedder.folder / "go").touch()
    case_base.store.version  # noqa: B018 - moves to the last transaction before the death
    stored = len(case_base.store)
    assert 0 < stored < CASES
    # What a worker leaves that died with its rows written, and no one to commit them.
    FragmentWriter.of(case_base.store.table).write(case_base.store.rows([case_base.columns.case_ids[0]]))
    assert _files(case_base) > _needed(case_base)
    report = ingest_over(ray_nodes.address, case_base, source, step=2, batch_size=5)
    assert (report.added, report.unchanged) == (CASES - 1 - stored, stored)
    _assert_same(case_base, alone[0])


def test_cases_that_are_stored_change_as_on_one_machine(
    ray_nodes: RayNodes, source: SourceData, tmp_path: Path
) -> None:
    cases = list(source.cases)
    cases[3] = _with(cases[3], cases[4].image)
    unlike = next(one.case.labels for one in cases if one.case.labels != cases[5].case.labels)
    other = cases[5].case.model_copy(update={"labels": unlike})
    cases[5] = replace(cases[5], case=other)
    changed = replace(source, cases=tuple(cases))
    reports = []
    for name in ("alone", "spread"):
        case_base = CaseBase.create(tmp_path / name, embedder="descriptor")
        case_base.add(source)
        reports.append(
            case_base.add(changed)
            if name == "alone"
            else ingest_over(ray_nodes.address, case_base, changed, batch_size=5)
        )
    assert [_untimed(one)["updated"] for one in reports] == [2, 2]
    _assert_same(CaseBase.open(tmp_path / "spread"), CaseBase.open(tmp_path / "alone"), ordered=False)


def test_an_evaluation_has_the_records_of_one_machine(
    ray_nodes: RayNodes, alone: tuple[CaseBase, IngestReport], tmp_path: Path
) -> None:
    case_base = alone[0]
    task = case_base.tasks[0].name
    arms = [method(name, case_base, task) for name in ("majority", "knn-vote-3")]
    here = evaluate(case_base, task, arms, tmp_path / "here", split=None)
    with spread_over(ray_nodes.address, case_base) as local:
        there = evaluate(case_base, task, arms, tmp_path / "there", split=None, local=local)
    records = [[record.model_dump(exclude={"latency_s"}) for record in run.run.records()] for run in (here, there)]
    assert records[0] == records[1]
    assert len(records[0]) == 2 * (CASES - 1)


def test_an_index_over_nodes_finds_what_it_says(ray_nodes: RayNodes, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    count, dimension = LEAST_ROWS + 2000, 32
    centres = random.normal(size=(80, dimension))
    vectors = (centres[random.integers(0, 80, count)] + 0.3 * random.normal(size=(count, dimension))).astype(np.float32)
    case_base = CaseBase.create(tmp_path / "cases", embedder=f"given:m?dimension={dimension}&normalized=false")
    rows = [{"case_id": f"c{row}", "group_id": f"g{row // 2}", "split": "train", "site": "x"} for row in range(count)]
    for part in (slice(0, 6000), slice(6000, count)):
        case_base.add(rows[part], vectors=vectors[part], tasks=["site"])
    told = index_over(ray_nodes.address, case_base.store, recall=0.95, queries=200)
    assert told.reached
    assert is_indexed(case_base.store.table)
    # Other queries, other truth: numpy's sort of all distances, the query's own group apart.
    found_by = lance_index(case_base.store)
    assert found_by is not None
    index = found_by[1]
    hits = 0
    for row in range(1, count, 80):
        allowed = np.arange(count) // 2 != row // 2
        found = {near for (near, _), _ in zip(index.rank(vectors[row], allowed, first=5), range(5), strict=False)}
        distances = np.where(allowed, np.linalg.norm(vectors - vectors[row], axis=1), np.inf)
        hits += len(found & set(np.argsort(distances)[:5].tolist()))
    share = wilson(hits, 5 * len(range(1, count, 80)), 0.999)
    assert share.low <= told.search.high
    assert share.high >= told.search.low


DRIVER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from dermtools.cases import SourceOptions, load_source
from dermtools.distributed.ingest import ingest_over
from dermtools.retrieval import CaseBase
from tests.support.held_embedder import HeldEmbedder
folder = Path(sys.argv[2])
data = load_source("sample", None, SourceOptions(attributes="all"))
data = replace(data, cases=data.cases[: int(sys.argv[3]) - 2])
case_base = CaseBase.open(folder / "cases", embedder=HeldEmbedder(folder / "barrier", free=2))
ingest_over(sys.argv[1], case_base, data, step=1, batch_size=5)
"""


def _with(case: SourceCase, image: Any) -> SourceCase:
    return replace(case, image=image, content_hash="", picture_hash=b"")


def _turned(jpeg: bytes) -> bytes:
    """The same picture with another orientation in its metadata, which is none of its content."""
    from io import BytesIO

    from PIL import Image

    image = Image.open(BytesIO(jpeg))
    exif = Image.Exif()
    exif[0x0112] = 6
    out = BytesIO()
    image.save(out, "JPEG", quality="keep", exif=exif)
    return out.getvalue()


def _killable(nodes: RayNodes, folder: Path) -> set[str]:
    return nodes.killable() & set(waiting(folder))


def _untimed(report: IngestReport) -> dict[str, object]:
    """All that it says but the time, and what may differ: of one picture in two pieces, both are embedded."""
    return report.model_dump(exclude={"seconds", "embedded"})


def _files(case_base: CaseBase) -> set[str]:
    return {path.name for path in (case_base.path / TABLE / "data").iterdir()}


def _needed(case_base: CaseBase) -> set[str]:
    """Data files of the present version, and of those that can be had back."""
    table = case_base.store.table
    return {path for version in (None, *table.kept()) for path in table.sizes(version)}


def _assert_same(found: CaseBase, wanted: CaseBase, *, ordered: bool = True) -> None:
    """Row by row: ids, groups, splits, labels, attributes, hashes, sizes, vectors and pictures; no file too many."""
    columns, vectors = found.store.columns_and_vectors()
    others, other_vectors = wanted.store.columns_and_vectors()
    ids = list(columns.case_ids)
    wanted_ids = list(others.case_ids)
    assert ids == wanted_ids if ordered else sorted(ids) == sorted(wanted_ids)
    for row, case_id in enumerate(ids):
        place = others.row_of[case_id]
        assert columns.case(row) == others.case(place)
        assert columns.content_hashes[row] == others.content_hashes[place]
        assert (columns.widths[row], columns.heights[row]) == (others.widths[place], others.heights[place])
        np.testing.assert_array_equal(columns.picture_hashes[row], others.picture_hashes[place])
        np.testing.assert_array_equal(vectors[row], other_vectors[place])
    assert found.store.jpegs(ids) == wanted.store.jpegs(ids)
    assert found.store.manifest.tasks == wanted.store.manifest.tasks
    assert _files(found) == _needed(found)

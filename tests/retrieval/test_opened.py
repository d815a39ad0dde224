"""An open case base: what opens, what is refused, and whose writes are seen."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dermtools.cases.case import SourceData
from dermtools.embedding import default_embedder
from dermtools.errors import CaseBaseError, QueryError
from dermtools.retrieval import CaseBase, SimilarCaseRetriever
from tests.support.mean_colour import MeanColour
from tests.support.patience import SAFETY_NET


def test_it_says_where_it_is_and_what_it_holds(small_base: CaseBase) -> None:
    shown = repr(small_base)
    assert str(small_base.path) in shown
    assert f"{len(small_base)} cases" in shown
    assert small_base.identity.name in shown
    assert all(task.name in shown for task in small_base.tasks)


def test_a_case_comes_back_as_it_went_in(small_base: CaseBase, small_source: SourceData) -> None:
    assert small_base.case("c07") == small_source.cases[7].case
    assert Image.open(io.BytesIO(small_base.jpeg("c07"))).size == (96, 96)
    with pytest.raises(QueryError, match="no case 'c99' in this case base of 18 cases"):
        small_base.case("c99")


def test_an_embedder_of_another_identity_is_refused_by_both_names(small_base: CaseBase) -> None:
    with pytest.raises(
        CaseBaseError, match=r"made with descriptor .* not with mean-colour .* use the embedder descrip"
    ):
        CaseBase.open(small_base.path, embedder=MeanColour())


def test_a_spec_that_loads_another_embedder_now_is_refused(small_base: CaseBase) -> None:
    manifest = small_base.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"revision": "1"', '"revision": "0"'))
    case_base = CaseBase.open(small_base.path)
    with pytest.raises(CaseBaseError, match=r"revision 0.*not with descriptor .*revision 1"):
        case_base.query(Image.new("RGB", (64, 64)))


def test_the_embedder_is_loaded_only_when_something_must_be_embedded(tmp_path: Path, small_source: SourceData) -> None:
    CaseBase.create(tmp_path / "base", embedder=MeanColour()).add(small_source)
    # Nobody can load the spec `mean-colour`; stored cases and vectors are searched all the same.
    case_base = CaseBase.open(tmp_path / "base")
    assert len(case_base.search(case_id="c00", k=3)) == 3
    assert len(case_base.search(vector=np.zeros(3), k=3)) == 3


def test_a_new_case_base_has_the_default_embedder_and_an_older_one_keeps_its_own(
    tmp_path: Path, small_base: CaseBase
) -> None:
    assert CaseBase.create(tmp_path / "new").identity.name == default_embedder()
    reopened = CaseBase.open_or_create(small_base.path)
    assert (reopened.identity.name, reopened.embedder.identity.name) == ("descriptor", "descriptor")


def test_open_or_create_makes_what_is_not_there_and_opens_what_is(tmp_path: Path, small_source: SourceData) -> None:
    CaseBase.open_or_create(tmp_path / "base", embedder="descriptor").add(small_source)
    assert len(CaseBase.open_or_create(tmp_path / "base", embedder="descriptor")) == 18
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "notes.txt").write_text("mine")
    with pytest.raises(CaseBaseError, match="is not a case base"):
        CaseBase.open_or_create(tmp_path / "other")


@pytest.mark.parametrize("seconds_ago", [0, 60])
def test_what_another_process_writes_is_seen_at_the_next_call(small_base: CaseBase, seconds_ago: int) -> None:
    last_write = time.time() - seconds_ago
    os.utime(small_base.path / "cases.lance" / "_versions", (last_write, last_write))
    nearest = small_base.search(case_id="c00", k=1).case_ids[0]
    code = "import sys; from dermtools.retrieval import CaseBase; CaseBase.open(sys.argv[1]).delete([sys.argv[2]])"
    subprocess.run([sys.executable, "-c", code, small_base.path, nearest], check=True)
    assert len(small_base) == 17
    assert small_base.search(case_id="c00", k=1).case_ids[0] != nearest


def test_what_was_written_after_opening_is_seen_by_the_first_read(small_base: CaseBase) -> None:
    unread = CaseBase.open(small_base.path)
    small_base.relabel({"c07": {"site": ["scalp"]}})
    assert unread.case("c07").labels["site"] == ("scalp",)


def test_vectors_are_given_read_only(small_base: CaseBase) -> None:
    assert small_base.vectors.shape == (18, small_base.identity.dimension)
    with pytest.raises(ValueError, match="read-only"):
        small_base.vectors[0] = 0


def test_a_pickled_case_base_is_opened_where_it_lies(small_base: CaseBase) -> None:
    again = pickle.loads(pickle.dumps(small_base))  # noqa: S301 - our own bytes
    assert again.path == small_base.path
    found, before = (base.search(case_id="c07", k=3).to_json() for base in (again, small_base))
    assert found == before
    retriever = SimilarCaseRetriever(case_base=small_base, k=2)
    assert pickle.loads(pickle.dumps(retriever)).invoke("case:c07") == retriever.invoke("case:c07")  # noqa: S301


def test_an_embedder_that_no_spec_loads_goes_along_in_a_pickle(tmp_path: Path) -> None:
    case_base = CaseBase.create(tmp_path / "base", embedder=Plain())
    assert isinstance(pickle.loads(pickle.dumps(case_base)).embedder, Plain)  # noqa: S301


class Plain(MeanColour):
    """Without the function that a pickle cannot hold."""

    def __init__(self) -> None:
        self.batches = []


FORKED = """
import os, sys, warnings
from dermtools.errors import CaseBaseError
from dermtools.retrieval import CaseBase
case_base = CaseBase.open(sys.argv[1])
nearest = [one.case.case_id for one in case_base.search(case_id="c07", k=3)]
case_base.embedder
warnings.simplefilter("ignore")  # Lance warns of every fork
if os.fork() == 0:
    import faiss
    assert faiss.omp_get_max_threads() == 1
    assert [one.case.case_id for one in case_base.search(case_id="c07", k=3)] == nearest
    assert case_base.jpeg("c07")
    try:
        case_base.search(case_base.jpeg("c07"), k=3)
    except CaseBaseError as error:
        print(error, flush=True)
    os._exit(0)
os._exit(os.waitstatus_to_exitcode(os.wait()[1]))
"""


def test_a_forked_process_reads_and_is_told_that_it_cannot_embed(small_base: CaseBase) -> None:
    words = [sys.executable, "-c", FORKED, str(small_base.path)]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SAFETY_NET, check=False)
    assert done.returncode == 0, done.stderr
    assert "was loaded before this process was forked; open the case base in the worker" in done.stdout


def test_a_data_loaders_workers_read_pictures(small_base: CaseBase) -> None:
    from torch.utils.data import DataLoader

    ids = list(small_base.columns.case_ids)
    loader = DataLoader(ids, batch_size=6, num_workers=1, collate_fn=small_base.jpegs, multiprocessing_context="spawn")
    found = {case_id: jpeg for batch in loader for case_id, jpeg in batch.items()}
    assert found == small_base.jpegs(ids)


def test_a_selection_is_a_column_of_conditions_until_the_case_base_is_closed(shared_base):
    ids = shared_base.columns.case_ids
    opened = CaseBase.open(shared_base.path)
    with pytest.raises(QueryError, match="no column 'selection'"):
        opened.cases("selection = 'mine'")
    opened.selections["mine"] = frozenset(ids[:3])
    assert [case.case_id for case in opened.cases("selection = 'mine'")] == ids[:3]
    opened.selections["other"] = frozenset(ids[2:4])
    assert [case.case_id for case in opened.cases("selection = 'mine' AND NOT selection = 'other'")] == ids[:2]
    assert len(opened.cases("NOT selection IN ('mine', 'other')")) == len(ids) - 4
    assert opened.cases("selection = 'none'") == opened.cases("NOT selection IN ('mine', 'other')")
    with pytest.raises(QueryError, match=r"selection has no 'mien'; did you mean 'mine'\?"):
        opened.cases("selection = 'mien'")


def test_a_condition_that_may_name_shown_attributes_alone_names_no_selection(shared_base):
    opened = CaseBase.open(shared_base.path)
    opened.selections["mine"] = frozenset(opened.columns.case_ids[:3])
    with pytest.raises(QueryError, match="no column 'selection'"):
        opened.search(case_id=opened.columns.case_ids[0], where_shown="selection = 'mine'")
